import { Buffer } from "node:buffer";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import type { Choices } from "./choices.js";

/** What everybody in a run uses: the source of all decisions, the time, and the list of what went wrong. */
export interface Stage {
  readonly choices: Choices;
  /** How many turns of the event loop the run has taken: within one, nobody can know what has just happened. */
  readonly turns: number;
  /** Calls may be made again when they fail. */
  readonly retries: boolean;
  now(): number;
  /** Something happened that must never happen. */
  fault(what: string): void;
  /** A line for the story of the run. */
  note(line: () => string): void;
  /** How large the next message is, in bytes of its data. */
  size(): number;
  /** What the caller of this call has sent; undefined when there is no such call. */
  requests(token: string): Given | undefined;
  /** What those handlers of this call have answered that its caller may hear of. */
  answers(token: string): readonly Given[];
}

/** What one side of a call has handed over. */
export interface Given {
  /** Bytes of the data of each message. */
  readonly sizes: readonly number[];
  /** How it ended it. */
  readonly ended: "end" | "fail" | undefined;
}

/** Something that may be done next. */
export interface Action {
  readonly weight: number;
  readonly name: string;
  run(): void;
}

const zeros = new Map<number, Buffer>();

/** The n-th message of one direction of a call, which its receiver can tell from all others. */
export function noteOf(token: string, n: number, size: number): Note {
  return Note.create({ text: textOf(token, n), data: zerosOf(size) });
}

/** Whether this is the n-th message, and whole. */
export function isNote(note: Note, token: string, n: number, size: number | undefined): boolean {
  return note.text === textOf(token, n) && note.data.length === size;
}

function textOf(token: string, n: number): string {
  return `${token}/${n}`;
}

function zerosOf(size: number): Buffer {
  let data = zeros.get(size);
  if (data === undefined) {
    data = Buffer.alloc(size);
    zeros.set(size, data);
  }
  return data;
}

import type { Note } from "../../gen/heliograph/test/v1/call.js";
import { type Action, noteOf, type Stage } from "./stage.js";

/**
 * How messages are handed to the kit: by an iterator of one's own, with or without `return`, by a generator, or as a
 * list. A feed that is "own" is made by a handler that needs nobody to drive it.
 */
export type FeedForm = "iterator" | "bare iterator" | "generator" | "list" | "own";

export const driven: readonly FeedForm[] = ["iterator", "generator", "list", "bare iterator"];

type Step =
  | { readonly kind: "give"; readonly note: Note }
  | { readonly kind: "end" }
  | { readonly kind: "fail"; readonly error: Error };

/** How many messages may wait for the kit to ask for them. */
const AHEAD = 3;

/** Messages of one direction of a call, as a user hands them to the kit, and the rules that the kit has to keep. */
export class Feed {
  readonly form: FeedForm;
  /** Bytes of the data of each message that was handed over. */
  readonly sizes: number[] = [];
  /** How the user ended it. */
  ended: "end" | "fail" | undefined;
  /** How the kit saw it end. */
  over: "done" | "threw" | "returned" | undefined;
  /** The kit has its iterator, or a generator has begun. */
  started = false;
  #overSince = 0;
  readonly #stage: Stage;
  readonly #token: string;
  readonly #error: () => Error;
  readonly #steps: Step[] = [];
  #waiting: ((step: Step) => void) | undefined;

  constructor(stage: Stage, token: string, form: FeedForm, error: () => Error) {
    this.#stage = stage;
    this.#token = token;
    this.form = form;
    this.#error = error;
    if (form === "list") {
      for (let n = stage.choices.below(24); n > 0; n--) this.sizes.push(stage.size());
      this.ended = "end";
      this.over = "done";
    }
  }

  /** What the kit gets. */
  source(): AsyncIterable<Note> | Iterable<Note> {
    switch (this.form) {
      case "list":
        return this.sizes.map((size, n) => noteOf(this.#token, n, size));
      case "generator":
      case "own":
        return this.#generator();
      default:
        return { [Symbol.asyncIterator]: () => this.#iterator() };
    }
  }

  /** The next message of a feed that nobody drives. */
  own(): Note {
    const size = this.#stage.size();
    this.sizes.push(size);
    return noteOf(this.#token, this.sizes.length - 1, size);
  }

  /** What the user may do. */
  actions(who: string): Action[] {
    if (this.ended !== undefined || this.form === "own") return [];
    const actions: Action[] = [{ weight: 1, name: `${who} ends`, run: () => this.end() }];
    if (this.#waiting !== undefined || this.#steps.length < AHEAD) {
      actions.push({ weight: 6, name: `${who} gives a message`, run: () => this.#give() });
    }
    if (this.#stage.choices.percent(10)) {
      actions.push({ weight: 1, name: `${who} throws`, run: () => this.#fail() });
    }
    return actions;
  }

  end(): void {
    this.ended = "end";
    this.#step({ kind: "end" });
  }

  #give(): void {
    this.#step({ kind: "give", note: this.own() });
  }

  #fail(): void {
    this.ended = "fail";
    this.#step({ kind: "fail", error: this.#error() });
  }

  #step(step: Step): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#steps.push(step);
    else waiting(step);
  }

  #take(): Promise<Step> {
    const step = this.#steps.shift();
    if (step !== undefined) return Promise.resolve(step);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async *#generator(): AsyncGenerator<Note> {
    this.started = true;
    this.over = "returned";
    for (;;) {
      const step = await this.#take();
      if (step.kind === "give") yield step.note;
      else if (step.kind === "end") break;
      else {
        this.over = "threw";
        throw step.error;
      }
    }
    this.over = "done";
  }

  #iterator(): AsyncIterator<Note> {
    if (this.started) this.#fault("its iterator was asked for twice");
    this.started = true;
    const next = async (): Promise<IteratorResult<Note>> => {
      if (this.#waiting !== undefined) this.#fault("next() was called while the one before was pending");
      if (this.#known) this.#fault(`next() was called, though it was over (${this.over})`);
      const step = await this.#take();
      if (step.kind === "give") return { done: false, value: step.note };
      if (this.over === undefined) this.#end(step.kind === "end" ? "done" : "threw");
      if (step.kind === "fail") throw step.error;
      return { done: true, value: undefined };
    };
    if (this.form === "bare iterator") return { next };
    return {
      next,
      return: async () => {
        if (this.#known) this.#fault(`return() was called, though it was over (${this.over})`);
        this.#end("returned");
        const waiting = this.#waiting;
        this.#waiting = undefined;
        waiting?.({ kind: "end" });
        return { done: true, value: undefined };
      },
    };
  }

  #end(how: "done" | "threw" | "returned"): void {
    this.over = how;
    this.#overSince = this.#stage.turns;
  }

  /** It is over, and the kit knows. */
  get #known(): boolean {
    return this.over !== undefined && (this.over === "returned" || this.#stage.turns > this.#overSince);
  }

  #fault(what: string): void {
    this.#stage.fault(`the messages of ${this.#token}: ${what}`);
  }
}

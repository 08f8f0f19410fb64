import type { Buffer } from "node:buffer";
import { done } from "../../core/done.js";

/** One message of a resumable stream. */
export interface LoggedMessage {
  /** From 1. */
  readonly sequence: number;
  /** Encoded. */
  readonly bytes: Buffer;
}

/** How much of a log is no longer needed. */
export interface Freed {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What a resumable stream has sent and its client may still ask for again, in order. Its writer keeps it small: it
 * writes no more than the window of the stream beyond what was acknowledged.
 */
export class StreamLog {
  private messages: LoggedMessage[] = [];
  /** The sequence of the first that is still here. */
  private first = 1;
  private held = 0;
  private ended = false;
  private readonly readers = new Set<() => void>();

  /** The sequence of the last message that was written; 0 before the first. */
  get last(): number {
    return this.first + this.messages.length - 1;
  }

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.held;
  }

  /** A reader may begin there: nothing from there on is gone. */
  has(sequence: number): boolean {
    return sequence >= this.first && sequence <= this.last + 1;
  }

  append(bytes: Buffer): void {
    this.messages.push({ sequence: this.last + 1, bytes });
    this.held += bytes.length;
    this.wake();
  }

  /** Nothing more is written. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /** The client has everything up to this sequence, which is let go of. */
  acknowledge(sequence: number): Freed {
    const messages = Math.max(0, Math.min(sequence, this.last) - this.first + 1);
    let bytes = 0;
    for (const message of this.messages.slice(0, messages)) bytes += message.bytes.length;
    if (messages > 0) this.messages = this.messages.slice(messages);
    this.first += messages;
    this.held -= bytes;
    return { messages, bytes };
  }

  /** All messages from this sequence on, as they are written. For one reader at a time, which leaves by `return`. */
  read(from: number): AsyncIterator<LoggedMessage, undefined> {
    let next = from;
    let left = false;
    const wake = () => {
      const { resolve } = waiting;
      waiting.resolve = undefined;
      resolve?.();
    };
    const waiting: { resolve: (() => void) | undefined } = { resolve: undefined };
    return {
      next: async () => {
        for (;;) {
          const message = left ? undefined : this.messages[next - this.first];
          if (message !== undefined) {
            next++;
            return { done: false, value: message };
          }
          if (left || this.ended) return done;
          this.readers.add(wake);
          await new Promise<void>((resolve) => {
            waiting.resolve = resolve;
          });
        }
      },
      return: async () => {
        left = true;
        this.readers.delete(wake);
        wake();
        return done;
      },
    };
  }

  private wake(): void {
    for (const wake of this.readers) wake();
  }
}

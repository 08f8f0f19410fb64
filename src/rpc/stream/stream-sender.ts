import type { StreamCredit } from "../../wire/limits.js";

/** Where a sender's messages go. */
export interface StreamSenderHost {
  /** So much waits to leave the session that a stream should hold still; the sender is told by `wake` when less does. */
  congested(sender: StreamSender): boolean;
  /** Sends a message and returns its bytes; throws when it is no message of the type. */
  send(message: unknown): number | Promise<number>;
  /** The source has ended, and all of it was sent. */
  exhausted(): void;
  /** The source threw, perhaps when it was told to stop, or gave something that can't be sent. */
  sourceFailed(error: unknown): void;
}

/** What messages are taken from. */
export type Source = AsyncIterator<unknown> | Iterator<unknown>;

/** The iterator of what a user gave; undefined when it is nothing that can be iterated over. */
export function sourceOf(iterable: unknown): Source | undefined {
  if (typeof iterable !== "object" || iterable === null) return undefined;
  if (Symbol.asyncIterator in iterable) return (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in iterable) return (iterable as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
}

/** Lets a source clean up that is not wanted any more. That may take long, and may throw. */
export async function leave(source: Source): Promise<void> {
  await source.return?.();
}

/**
 * The sending half of a stream: takes messages from their source one by one and sends each as soon as the receiver has
 * given credit for it and the session has room. So a slow receiver stops the source and nothing else.
 */
export class StreamSender {
  private readonly host: StreamSenderHost;
  private source: Source | undefined;
  private messages: number;
  private bytes: number;
  private resume: (() => void) | undefined;
  private stopped = false;
  /** A message is on its way in chunks: nothing else of this call may go before the last one. */
  transferring = false;

  constructor(host: StreamSenderHost, credit: StreamCredit) {
    this.host = host;
    this.messages = credit.messages;
    this.bytes = credit.bytes;
  }

  /** Sends all of the source. Never rejects: the host hears how it ended. */
  async run(source: Source): Promise<void> {
    this.source = source;
    let asking = false;
    try {
      // It is somebody else's code, which may well use the very call that is being begun.
      await undefined;
      if (this.stopped) return;
      for (;;) {
        asking = true;
        const result = await source.next();
        asking = false;
        if (this.stopped) return;
        if (result.done) break;
        while (!this.mayGo()) await this.opening();
        if (this.stopped) return;
        this.messages--;
        const sent = this.host.send(result.value);
        // Credit may come while it is compressed.
        const bytes = typeof sent === "number" ? sent : await sent;
        this.bytes -= bytes;
        if (this.stopped) return;
      }
      this.source = undefined;
      await this.untilTransferred();
      if (!this.stopped) this.host.exhausted();
    } catch (error) {
      // A source that threw is over: `for await` would not call its `return` either.
      if (asking) this.source = undefined;
      await this.untilTransferred();
      this.host.sourceFailed(error);
    }
  }

  /** The receiver has given more credit. */
  grant(messages: number, bytes: number): void {
    this.messages = Math.min(Number.MAX_SAFE_INTEGER, this.messages + messages);
    this.bytes = Math.min(Number.MAX_SAFE_INTEGER, this.bytes + bytes);
    this.wake();
  }

  /** Something that it may have waited for has happened. */
  wake(): void {
    const { resume } = this;
    if (resume === undefined) return;
    this.resume = undefined;
    resume();
  }

  /** The last chunk of a message has left. */
  transferred(): void {
    this.transferring = false;
    this.wake();
  }

  /** Sends nothing more, and lets the source clean up. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.wake();
    const { source } = this;
    this.source = undefined;
    if (source === undefined) return;
    leave(source).catch((error) => this.host.sourceFailed(error));
  }

  private mayGo(): boolean {
    if (this.stopped) return true;
    return this.messages > 0 && this.bytes > 0 && !this.transferring && !this.host.congested(this);
  }

  /** The end, an error too, comes after all that was sent. */
  private async untilTransferred(): Promise<void> {
    while (this.transferring && !this.stopped) await this.opening();
  }

  private opening(): Promise<void> {
    return new Promise((resolve) => {
      this.resume = resolve;
    });
  }
}

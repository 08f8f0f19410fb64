import type { HeliographError } from "../../core/error.js";

/** A run of a handler. */
export interface DetachedCall {
  /** The handler has been given the request. */
  readonly started: boolean;
  /** Bytes of its request, while that is kept for the handler. */
  readonly requestBytes: number;
  /** Of a service of the kit's own. */
  readonly kit: boolean;
  cancel(reason: HeliographError): void;
}

/** A stream whose client would have to come back to it. */
export interface AwayStream {
  /** Ends it. */
  expire(): void;
}

/** Requests of runs that nobody waits for, and that have not begun. */
const MAX_LEFT_BYTES = 64 * 1024 * 1024;

/** Runs of handlers that belong to no session, since they go on when that of their caller is over. */
export class Detached {
  private readonly calls = new Set<DetachedCall>();
  /** Those for which nobody waits, in the order in which they were left. */
  private readonly left = new Set<DetachedCall>();
  private readonly away = new Set<AwayStream>();
  private draining = false;
  /** Who wants to hear that one of them has ended. */
  readonly watchers = new Set<() => void>();

  get size(): number {
    return this.calls.size;
  }

  /** None is left that a drain would wait for. */
  get idle(): boolean {
    for (const { kit } of this.calls) if (!kit) return false;
    return true;
  }

  /** How many go on though nobody waits for them. */
  get alone(): number {
    return this.left.size;
  }

  add(call: DetachedCall): void {
    this.calls.add(call);
  }

  delete(call: DetachedCall): void {
    this.left.delete(call);
    if (!this.calls.delete(call)) return;
    for (const watcher of this.watchers) watcher();
  }

  /**
   * Nobody waits for it any more. Of more than `most` such runs the one that was left first ends, and of more than 64 MiB
   * of requests those that have not begun, with the reason.
   */
  leave(call: DetachedCall, most: number, reason: HeliographError): void {
    this.left.add(call);
    const [oldest] = this.left;
    if (this.left.size > most) oldest?.cancel(reason);
    if (call.requestBytes > 0) this.boundBytes(call, reason);
  }

  /** Somebody waits for it again. */
  rejoin(call: DetachedCall): void {
    this.left.delete(call);
  }

  /** The stream's client is away. It has nowhere to come back to when the server closes: then it ends at once. */
  wait(stream: AwayStream): void {
    if (this.draining) stream.expire();
    else this.away.add(stream);
  }

  /** The client is back, or the stream is over. */
  unwait(stream: AwayStream): void {
    this.away.delete(stream);
  }

  /** No client can come any more. */
  drain(): void {
    this.draining = true;
    for (const stream of [...this.away]) stream.expire();
    this.away.clear();
  }

  /** Ends these. */
  cancel(reason: HeliographError, which: (call: DetachedCall) => boolean): void {
    for (const call of [...this.calls]) if (which(call)) call.cancel(reason);
  }

  /** What was left last stays: there is room for any one request. */
  private boundBytes(last: DetachedCall, reason: HeliographError): void {
    let bytes = 0;
    for (const { requestBytes } of this.left) bytes += requestBytes;
    for (const each of this.left) {
      if (bytes <= MAX_LEFT_BYTES || each === last) return;
      const { requestBytes } = each;
      if (requestBytes === 0) continue;
      bytes -= requestBytes;
      each.cancel(reason);
    }
  }
}

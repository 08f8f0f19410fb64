import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { ClientCall } from "./client-call.js";

const MAX_CALLS = 65_536;

/** Calls, encoded, that wait for a connection or for room on it: first come, first served, bounded in number and bytes. */
export class WaitingCalls {
  private readonly maxBytes: number;
  private readonly calls = new Set<ClientCall>();
  /** Goes on where it was: a new one would pass over all that were removed before. */
  private order = this.calls.values();
  private head: ClientCall | undefined;
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.calls.size;
  }

  /** @throws HeliographError RESOURCE_EXHAUSTED, reason QUEUE_FULL */
  add(call: ClientCall): void {
    const count = this.calls.size;
    const bytes = call.request?.length ?? 0;
    if (count >= MAX_CALLS || (count > 0 && this.bytes + bytes > this.maxBytes)) {
      throw new HeliographError(
        Code.ResourceExhausted,
        `${call.method.path}: ${count} calls with ${this.bytes} bytes already wait to be sent`,
        { reason: "QUEUE_FULL", notProcessed: true },
      );
    }
    this.calls.add(call);
    this.bytes += bytes;
  }

  /** The call that waits longest; it holds its encoded request. */
  first(): ClientCall | undefined {
    if (this.head !== undefined && this.calls.has(this.head)) return this.head;
    let next = this.order.next();
    // One that has come to the end stays there.
    if (next.done) {
      this.order = this.calls.values();
      next = this.order.next();
    }
    this.head = next.value;
    return this.head;
  }

  /** Does nothing when the call doesn't wait here. */
  remove(call: ClientCall): void {
    if (this.calls.delete(call)) this.bytes -= call.request?.length ?? 0;
  }

  /** Those that wait now, in order. */
  all(): ClientCall[] {
    return [...this.calls];
  }
}

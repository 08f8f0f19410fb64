import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { ClientCall } from "./client-call.js";

const MAX_CALLS = 65_536;

interface Parked {
  readonly lane: unknown;
  readonly calls: Set<ClientCall>;
}

/** Calls, encoded, that wait for a connection or for room on it: first come, first served, bounded in number and bytes. */
export class WaitingCalls {
  private readonly maxBytes: number;
  private readonly laneOf: (call: ClientCall) => unknown;
  private readonly calls = new Set<ClientCall>();
  /** Goes on where it was: a new one would pass over all that were removed before. */
  private order = this.calls.values();
  private latest: ClientCall | undefined;
  /** Those that found no room when it was their turn, by lane. */
  private readonly parked = new Map<unknown, Parked>();
  /** The group of each; its lane may be another by now. */
  private readonly groups = new Map<ClientCall, Parked>();
  private bytes = 0;

  /** @param laneOf calls of one lane wait for the same thing: when the first finds no room, the others would not either */
  constructor(maxBytes: number, laneOf: (call: ClientCall) => unknown) {
    this.maxBytes = maxBytes;
    this.laneOf = laneOf;
  }

  get size(): number {
    return this.calls.size + this.groups.size;
  }

  /** @throws HeliographError RESOURCE_EXHAUSTED, reason QUEUE_FULL */
  add(call: ClientCall): void {
    const count = this.size;
    const bytes = call.waitingBytes;
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

  /**
   * The call that waits longest among those that fit; it holds its encoded request. Those that don't fit let the others
   * pass until they do.
   */
  first(fits: (call: ClientCall) => boolean): ClientCall | undefined {
    for (const [lane, group] of this.parked) {
      for (const call of group.calls) {
        if (fits(call)) return call;
        if (this.laneOf(call) === lane) break;
        this.unpark(call);
        this.park(call);
      }
    }
    for (let call = this.head(); call !== undefined; call = this.head()) {
      if (fits(call)) return call;
      this.calls.delete(call);
      this.park(call);
    }
    return undefined;
  }

  /** Does nothing when the call doesn't wait here. */
  remove(call: ClientCall): void {
    // Most calls never wait, and each is removed when it ends.
    if (this.size === 0) return;
    if (this.calls.delete(call) || this.unpark(call)) this.bytes -= call.waitingBytes;
  }

  /** Those that wait now, in order. */
  all(): ClientCall[] {
    const parked = [...this.parked.values()].flatMap(({ calls }) => [...calls]);
    return [...parked, ...this.calls];
  }

  private park(call: ClientCall): void {
    const lane = this.laneOf(call);
    let group = this.parked.get(lane);
    if (group === undefined) {
      group = { lane, calls: new Set() };
      this.parked.set(lane, group);
    }
    group.calls.add(call);
    this.groups.set(call, group);
  }

  private unpark(call: ClientCall): boolean {
    const group = this.groups.get(call);
    if (group === undefined) return false;
    this.groups.delete(call);
    group.calls.delete(call);
    if (group.calls.size === 0) this.parked.delete(group.lane);
    return true;
  }

  private head(): ClientCall | undefined {
    if (this.latest !== undefined && this.calls.has(this.latest)) return this.latest;
    let next = this.order.next();
    // One that has come to the end stays there.
    if (next.done) {
      this.order = this.calls.values();
      next = this.order.next();
    }
    this.latest = next.value;
    return this.latest;
  }
}

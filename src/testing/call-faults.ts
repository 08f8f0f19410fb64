import type { Buffer } from "node:buffer";
import { FrameKind } from "../wire/frame.js";
import type { FaultRates } from "./fault-options.js";
import type { FaultCounts } from "./fault-stats.js";
import { isCounted, type OpenPacket, openPacket, type PacketFrame, sealPacket } from "./packet-frames.js";
import { shuffled } from "./random.js";

/** What a client sends, or what its server sends. */
export type CallDirection = "requests" | "answers";

/** What decides over one connection's calls. */
export interface CallFaultsHost {
  readonly rates: FaultRates;
  readonly counts: FaultCounts;
  /** True for as many messages as a test asked to drop. */
  takeDrop(direction: CallDirection): boolean;
}

/** A ZeroMQ message after the faults. */
export interface Faulted {
  readonly parts: Uint8Array[];
  /** All that the session window counts was lost. */
  readonly emptied: boolean;
  /** The requests in it that arrive a second time. */
  readonly repeated: readonly PacketFrame[];
}

/**
 * Loses, repeats and reorders the calls of one connection, and never breaks a rule of the protocol: what concerns the
 * session passes, and of a call of which something was lost all that follows is lost. So a stream may stand still, but
 * has no gap.
 */
export class CallFaults {
  readonly #host: CallFaultsHost;
  readonly #random: Readonly<Record<CallDirection, () => number>>;
  readonly #lost = { requests: new Set<bigint>(), answers: new Set<bigint>() };
  /** Calls of whose message a part is still to come. */
  readonly #arriving = { requests: new Set<bigint>(), answers: new Set<bigint>() };
  /** Ids of calls that have changed places: the client's, and the server's. */
  readonly #toServer = new Map<bigint, bigint>();
  readonly #toClient = new Map<bigint, bigint>();
  /** What the session began with. */
  hello: PacketFrame | undefined;

  constructor(host: CallFaultsHost, random: Readonly<Record<CallDirection, () => number>>) {
    this.#host = host;
    this.#random = random;
  }

  /** What becomes of a message of the client's. */
  requests(parts: Uint8Array[]): Faulted {
    const packet = openPacket(parts);
    if (packet === undefined) return untouched(parts);
    this.hello ??= packet.frames.find(({ frame }) => frame.kind === FrameKind.Hello);
    const kept = packet.frames.filter((each) => !this.#loses(each, "requests"));
    const repeated = kept.filter((each) => this.#repeats(each));
    return sealed(parts, packet, this.#exchangeRequests(kept), repeated);
  }

  /** What becomes of a message of the server's. */
  answers(parts: Buffer[]): Faulted {
    const packet = openPacket(parts);
    if (packet === undefined) return untouched(parts);
    const known = packet.frames.map((each) => withId(each, this.#toClient.get(each.frame.callId)));
    const kept = known.filter((each) => !this.#loses(each, "answers"));
    const order = this.#order(kept, "answers", isWholeAnswer);
    const frames = order === undefined ? kept : kept.map((each) => order.get(each) ?? each);
    return sealed(parts, packet, frames, []);
  }

  #loses({ frame }: PacketFrame, direction: CallDirection): boolean {
    const { callId, kind } = frame;
    if (callId === 0n) return false;
    const lost = this.#lost[direction];
    // The server may know the call, and then has to hear that nobody waits for it.
    if (lost.has(callId)) return kind !== FrameKind.Cancel;
    if (kind !== FrameKind.Request && kind !== FrameKind.Message && kind !== FrameKind.End) return false;
    const arriving = this.#arriving[direction];
    const begins = !arriving.has(callId);
    if (frame.more) arriving.add(callId);
    else arriving.delete(callId);
    if (!begins) return false;
    if (!this.#host.takeDrop(direction) && !this.#chance("drop", direction)) return false;
    lost.add(callId);
    this.#host.counts.dropped[direction]++;
    return true;
  }

  #repeats(each: PacketFrame): boolean {
    if (!isWholeRequest(each) || each.frame.creditMessages > 0) return false;
    if (!this.#chance("duplicate", "requests")) return false;
    this.#host.counts.duplicated++;
    return true;
  }

  /** Call ids have to rise, so it's the calls that change places, and their ids stay where they are. */
  #exchangeRequests(frames: readonly PacketFrame[]): PacketFrame[] {
    const order = this.#order(frames, "requests", isWholeRequest);
    return frames.map((each) => {
      const other = order?.get(each);
      if (other === undefined) return withId(each, this.#toServer.get(each.frame.callId));
      const [own, given] = [other.frame.callId, each.frame.callId];
      this.#toServer.set(own, given);
      this.#toClient.set(given, own);
      return withId(other, given);
    });
  }

  /** Which of a packet's frames stands where another one stood; undefined when all stay. */
  #order(
    frames: readonly PacketFrame[],
    direction: CallDirection,
    movable: (each: PacketFrame) => boolean,
  ): ReadonlyMap<PacketFrame, PacketFrame> | undefined {
    const ids = frames.map(({ frame }) => frame.callId);
    const moving = frames.filter(
      (each) => movable(each) && ids.indexOf(each.frame.callId) === ids.lastIndexOf(each.frame.callId),
    );
    if (moving.length < 2 || !this.#chance("reorder", direction)) return undefined;
    this.#host.counts.reordered++;
    const order = shuffled(moving, this.#random[direction]);
    return new Map(moving.map((each, i) => [each, order[i] ?? each]));
  }

  #chance(what: "drop" | "duplicate" | "reorder", direction: CallDirection): boolean {
    const rate = this.#host.rates[what];
    return rate > 0 && this.#random[direction]() < rate;
  }
}

function isWholeRequest({ frame }: PacketFrame): boolean {
  return frame.kind === FrameKind.Request && frame.method !== "" && frame.endStream && !frame.more;
}

function isWholeAnswer({ frame }: PacketFrame): boolean {
  return frame.kind === FrameKind.End && !frame.more;
}

function withId(each: PacketFrame, callId: bigint | undefined): PacketFrame {
  return callId === undefined ? each : { ...each, frame: { ...each.frame, callId } };
}

function untouched(parts: Uint8Array[]): Faulted {
  return { parts, emptied: false, repeated: [] };
}

function sealed(
  parts: Uint8Array[],
  packet: OpenPacket,
  frames: readonly PacketFrame[],
  repeated: readonly PacketFrame[],
): Faulted {
  const same = frames.length === packet.frames.length && frames.every((each, i) => each === packet.frames[i]);
  if (same) return { parts, emptied: false, repeated };
  const emptied = isCounted(packet.frames) && !isCounted(frames);
  return { parts: sealPacket({ ...packet, frames }), emptied, repeated };
}

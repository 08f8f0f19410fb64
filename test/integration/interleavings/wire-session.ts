import { FrameKind } from "../../../src/gen/heliograph/wire/v1/wire.js";
import type { Direction } from "../../support/scheduled-link.js";
import { type Watcher, WireCall } from "./wire-call.js";
import { constants, type Granted, grantedBy, type SeenFrame, type SeenPacket } from "./wire-frame.js";

/** What one side has sent and knows to be read, and what it has got. */
interface Side {
  sentBytes: number;
  sentPackets: number;
  /** The peer's totals, as far as they have arrived. */
  readBytes: number;
  readPackets: number;
  /** Counted packets that have reached this side. */
  gotBytes: number;
  gotPackets: number;
  /** Its own totals, as it said them last. */
  toldBytes: number;
  toldPackets: number;
  /** What it may use. */
  granted: Granted;
  readonly underWay: SeenPacket[];
}

/** One session as it is seen on the wire: the rules of docs/spec/wire.md for windows, ids and the order of frames. */
export class WireSession {
  readonly calls = new Map<number, WireCall>();
  readonly #watcher: Watcher;
  readonly #name: string;
  readonly #sides: Record<Direction, Side> = { up: side(), down: side() };
  #lastId = 0;
  /** Calls above it get no end, as the client knows. */
  #goesOn = Number.POSITIVE_INFINITY;
  #greeted = false;
  /** The client has got the server's greeting. */
  #welcomed = false;

  constructor(name: string, watcher: Watcher) {
    this.#name = name;
    this.#watcher = watcher;
  }

  /** The server owes this call its end. */
  awaits(token: string): boolean {
    return [...this.calls.values()].some(
      (call) => call.token === token && !call.endDelivered && !call.cancelSent && call.id <= this.#goesOn,
    );
  }

  /** A side handed a packet over: the client for "up", the server for "down". */
  sent(direction: Direction, packet: SeenPacket): void {
    const side = this.#sides[direction];
    side.underWay.push(packet);
    this.#totals(side, packet, direction);
    if (packet.counted) this.#window(side, packet, direction);
    for (const frame of packet.frames) this.#sentFrame(direction, frame);
  }

  /** What was handed over first of all that is under way has arrived. */
  delivered(direction: Direction): SeenPacket {
    const packet = this.#sides[direction].underWay.shift();
    if (packet === undefined) throw new Error("what arrived was never sent");
    const receiver = this.#sides[direction === "up" ? "down" : "up"];
    if (packet.counted) {
      receiver.gotBytes += packet.bytes;
      receiver.gotPackets++;
    }
    receiver.readBytes = packet.readBytes;
    receiver.readPackets = packet.readPackets;
    for (const frame of packet.frames) this.#deliveredFrame(direction, frame);
    return packet;
  }

  #report(fault: string): void {
    this.#watcher.fault(`${this.#name}: ${fault}`);
  }

  #totals(side: Side, packet: SeenPacket, direction: Direction): void {
    if (packet.readBytes < side.toldBytes || packet.readPackets < side.toldPackets) {
      this.#report(`the totals of what was read fell (${direction})`);
    }
    if (packet.readBytes > side.gotBytes || packet.readPackets > side.gotPackets) {
      this.#report(`more was said to be read than had arrived (${direction})`);
    }
    side.toldBytes = packet.readBytes;
    side.toldPackets = packet.readPackets;
  }

  #window(side: Side, packet: SeenPacket, direction: Direction): void {
    const unreadBytes = side.sentBytes - side.readBytes;
    const unreadPackets = side.sentPackets - side.readPackets;
    const { windowBytes, windowPackets } = side.granted;
    if (unreadBytes >= windowBytes || unreadPackets >= windowPackets) {
      this.#report(
        `a packet ${direction} beyond the window: ${unreadBytes} of ${windowBytes} bytes, ` +
          `${unreadPackets} of ${windowPackets} packets unread`,
      );
    }
    side.sentBytes += packet.bytes;
    side.sentPackets++;
    if (unreadBytes + packet.bytes >= windowBytes) this.#watcher.saw("window full of bytes");
    if (unreadPackets + 1 >= windowPackets) this.#watcher.saw("window full of packets");
  }

  #sentFrame(direction: Direction, seen: SeenFrame): void {
    const { kind, callId, frame } = seen;
    if (direction === "up" && !this.#greeted) {
      if (kind !== FrameKind.FRAME_KIND_HELLO) this.#report("the first frame of a session is not HELLO");
      this.#greeted = true;
      return;
    }
    // A server that closes turns new sessions away.
    const fault = kind === FrameKind.FRAME_KIND_GOAWAY && frame.status?.reason !== "DRAINING";
    if (fault && frame.status !== undefined) {
      this.#report(`GOAWAY ${direction} for a fault: ${frame.status.reason}: ${frame.status.message}`);
    }
    if (kind === FrameKind.FRAME_KIND_GOAWAY && direction === "down")
      this.#goaway(Number(frame.goaway?.lastCallId ?? 0));
    if (callId === 0) return;
    const call = this.calls.get(callId);
    if (call !== undefined) call.sent(direction, seen);
    else if (direction === "up" && kind === FrameKind.FRAME_KIND_REQUEST) this.#request(seen);
    else this.#report(`a frame of kind ${kind} ${direction} for call ${callId}, which was never made`);
  }

  /** What a server says to have started, it must have heard of. */
  #goaway(lastCallId: number): void {
    const known = [...this.calls.values()].filter(({ requestDelivered }) => requestDelivered);
    const last = Math.max(0, ...known.map(({ id }) => id));
    if (lastCallId > last)
      this.#report(`GOAWAY says that call ${lastCallId} goes on; the last one was ${last}`);
  }

  #request(seen: SeenFrame): void {
    if (seen.callId <= this.#lastId) this.#report(`call id ${seen.callId} after ${this.#lastId}`);
    // The protocol would allow it; this client compares schemas first.
    if (!this.#welcomed) this.#report(`call ${seen.callId} was sent before WELCOME came`);
    this.#lastId = seen.callId;
    const { granted } = this.#sides.up;
    this.calls.set(seen.callId, new WireCall(seen, granted, this.#watcher));
  }

  #deliveredFrame(direction: Direction, seen: SeenFrame): void {
    const { kind, frame } = seen;
    if (kind === FrameKind.FRAME_KIND_HELLO) this.#sides.down.granted = grantedBy(frame.hello?.limits);
    else if (kind === FrameKind.FRAME_KIND_WELCOME) {
      this.#sides.up.granted = grantedBy(frame.welcome?.limits);
      this.#welcomed = true;
    } else if (kind === FrameKind.FRAME_KIND_GOAWAY) this.#goesOn = Number(frame.goaway?.lastCallId ?? 0);
    else this.calls.get(seen.callId)?.delivered(direction, seen);
  }
}

function side(): Side {
  return {
    sentBytes: 0,
    sentPackets: 0,
    readBytes: 0,
    readPackets: 0,
    gotBytes: 0,
    gotPackets: 0,
    toldBytes: 0,
    toldPackets: 0,
    granted: constants,
    underWay: [],
  };
}

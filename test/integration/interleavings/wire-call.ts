import { Buffer } from "node:buffer";
import { Code, FrameKind } from "../../../src/gen/heliograph/wire/v1/wire.js";
import type { Direction } from "../../support/scheduled-link.js";
import { type Granted, kindName, type SeenFrame } from "./wire-frame.js";

/** A method of CallService; the last two resume. */
export type Kind = "call" | "count" | "sum" | "chat" | "watch" | "watchclosely";

export function resumes(kind: Kind): boolean {
  return kind === "watch" || kind === "watchclosely";
}

/** Who hears what is seen on the wire. */
export interface Watcher {
  /** A rule of the protocol was broken. */
  fault(what: string): void;
  /** Something came about that not every run has. */
  saw(what: string): void;
}

interface Credit {
  messages: number;
  bytes: number;
}

/** A payload in chunks, of which some are still to come. */
interface Payload {
  readonly kind: FrameKind;
  left: number;
}

/** One call as it is seen on the wire, and the rules of docs/spec/wire.md that hold for its frames. */
export class WireCall {
  readonly id: number;
  readonly kind: Kind;
  readonly token: string;
  requestDelivered = false;
  cancelSent = false;
  cancelDelivered = false;
  halfClosed = false;
  endSent = false;
  endDelivered = false;
  /** END's text, when it ended with an error. */
  status: string | undefined;
  refused = false;
  messages: Record<Direction, number> = { up: 0, down: 0 };
  readonly #watcher: Watcher;
  readonly #payload: Record<Direction, Payload | undefined> = { up: undefined, down: undefined };
  readonly #credit: Record<Direction, Credit>;
  /** That of the next message of a stream that resumes. */
  #sequence: number;

  constructor(request: SeenFrame, granted: Granted, watcher: Watcher) {
    const { frame } = request;
    const method = frame.method.slice(frame.method.indexOf("/") + 1).toLowerCase();
    this.id = request.callId;
    this.kind = method as Kind;
    this.token = Buffer.from(frame.metadata.find(({ key }) => key === "token")?.value ?? []).toString();
    this.#watcher = watcher;
    this.#sequence = Math.max(1, Number(frame.resume?.nextSequence ?? 1));
    if (this.#sequence > 1) watcher.saw("resumed");
    if (frame.metadata.some(({ key }) => key === "previous-attempts")) watcher.saw("made again");
    if (resumes(this.kind) !== (frame.resume !== undefined))
      this.#report("REQUEST names no stream, or should not");
    this.#credit = {
      up: { messages: granted.creditMessages, bytes: granted.creditBytes },
      down: { messages: frame.creditMessages, bytes: Number(frame.creditBytes) },
    };
    if (this.requestStream) {
      if (request.payload) this.#report("REQUEST of a request stream has a payload");
    } else {
      if (!request.payload) this.#report("REQUEST without a payload");
      if (!frame.endStream) this.#report("REQUEST without end_stream");
    }
    // One that goes on may have all of its credit under way to a slow reader.
    const none = frame.creditMessages === 0 || frame.creditBytes === 0n;
    if (this.responseStream && this.#sequence <= 1 && none) {
      this.#report("REQUEST of a response stream grants no credit");
    }
    this.halfClosed = frame.endStream;
    this.#begin("up", request);
  }

  get requestStream(): boolean {
    return this.kind === "sum" || this.kind === "chat";
  }

  get responseStream(): boolean {
    return this.kind !== "call" && this.kind !== "sum";
  }

  /** A further frame of this call was handed over. */
  sent(direction: Direction, seen: SeenFrame): void {
    const payload = this.#payload[direction];
    if (direction === "up") {
      if (this.cancelSent) this.#report(`the client sent ${kindName(seen)} after CANCEL`);
    } else if (!this.requestDelivered)
      this.#report(`the server sent ${kindName(seen)} for a request it had not got`);
    if (payload !== undefined && payload.kind === seen.kind) this.#goOn(direction, payload, seen);
    else if (direction === "up") this.#sentUp(seen);
    else this.#sentDown(seen);
  }

  /** A frame of this call reached the other side. */
  delivered(direction: Direction, { kind, frame }: SeenFrame): void {
    if (kind === FrameKind.FRAME_KIND_REQUEST) this.requestDelivered = true;
    else if (kind === FrameKind.FRAME_KIND_CANCEL) this.cancelDelivered = true;
    else if (kind === FrameKind.FRAME_KIND_END && !frame.more) this.endDelivered = true;
    else if (kind === FrameKind.FRAME_KIND_CREDIT) {
      const credit = this.#credit[direction === "up" ? "down" : "up"];
      credit.messages += frame.creditMessages;
      credit.bytes += Number(frame.creditBytes);
    }
  }

  #sentUp(seen: SeenFrame): void {
    switch (seen.kind) {
      case FrameKind.FRAME_KIND_MESSAGE:
        if (!this.requestStream) this.#report("the client sent MESSAGE for a call with one request");
        if (this.halfClosed) this.#report("the client sent MESSAGE after end_stream");
        if (seen.frame.endStream) this.halfClosed = true;
        this.#message("up", seen);
        return;
      case FrameKind.FRAME_KIND_CANCEL:
        this.cancelSent = true;
        return;
      case FrameKind.FRAME_KIND_CREDIT:
        if (!this.responseStream) this.#report("the client sent CREDIT for a call with one answer");
        return;
      default:
        this.#report(`the client sent ${kindName(seen)}`);
    }
  }

  #sentDown(seen: SeenFrame): void {
    if (this.endSent) this.#report(`the server sent ${kindName(seen)} after END`);
    switch (seen.kind) {
      case FrameKind.FRAME_KIND_MESSAGE:
        if (!this.responseStream) this.#report("the server sent MESSAGE for a call with one answer");
        if (seen.frame.metadata.length > 0 && this.messages.down > 0)
          this.#report("a MESSAGE that is not the first has metadata");
        this.#message("down", seen);
        return;
      case FrameKind.FRAME_KIND_END:
        this.#end(seen);
        return;
      case FrameKind.FRAME_KIND_CREDIT:
        if (!this.requestStream) this.#report("the server sent CREDIT for a call with one request");
        return;
      default:
        this.#report(`the server sent ${kindName(seen)}`);
    }
  }

  #end(seen: SeenFrame): void {
    const { frame } = seen;
    this.endSent = true;
    this.refused = frame.notProcessed;
    if (frame.metadata.length > 0 && this.messages.down > 0) {
      this.#report("END has metadata, though a MESSAGE came before");
    }
    if (frame.status !== undefined && frame.status.code !== Code.CODE_OK) {
      this.status = frame.status.reason || `code ${frame.status.code}`;
      if (seen.payload) this.#report("END has a status and a payload");
    } else if (seen.payload === this.responseStream) {
      this.#report(seen.payload ? "END of a stream has a payload" : "END without a status has no payload");
    }
    if (frame.notProcessed && this.messages.down > 0) this.#report("END says not processed after a MESSAGE");
    this.#begin("down", seen);
  }

  /** A MESSAGE needs both credits above zero; its bytes may be overdrawn. A bare end of the stream needs none. */
  #message(direction: Direction, seen: SeenFrame): void {
    if (!seen.payload) {
      if (!seen.frame.endStream) this.#report("a MESSAGE without payload and end_stream");
      return;
    }
    if (direction === "down" && resumes(this.kind)) {
      const sequence = Number(seen.frame.sequence);
      if (sequence !== this.#sequence++) this.#report(`MESSAGE ${sequence} is not the next one`);
    }
    const credit = this.#credit[direction];
    if (credit.messages <= 0) this.#report(`a MESSAGE ${direction} without credit for messages`);
    if (credit.bytes <= 0) this.#report(`a MESSAGE ${direction} without credit for bytes`);
    credit.messages--;
    credit.bytes -= seen.size;
    this.messages[direction]++;
    if (credit.messages <= 0) this.#watcher.saw("credit for messages used up");
    if (credit.bytes <= 0) this.#watcher.saw("credit for bytes used up");
    this.#begin(direction, seen);
  }

  #begin(direction: Direction, seen: SeenFrame): void {
    if (!seen.frame.more) return;
    this.#watcher.saw("a payload in chunks");
    if (seen.size === 0) this.#report("the first chunk of a payload does not say its size");
    this.#payload[direction] = { kind: seen.kind, left: seen.size - seen.bytes };
  }

  #goOn(direction: Direction, payload: Payload, seen: SeenFrame): void {
    payload.left -= seen.bytes;
    if (direction === "down" && this.cancelDelivered)
      this.#report("a chunk was sent after CANCEL had arrived");
    if (payload.left < 0) this.#report("the chunks have more bytes than was announced");
    if (seen.frame.more) return;
    if (payload.left > 0) this.#report("the chunks have fewer bytes than was announced");
    this.#payload[direction] = undefined;
  }

  #report(fault: string): void {
    this.#watcher.fault(`call ${this.id} (${this.kind} ${this.token}): ${fault}`);
  }
}

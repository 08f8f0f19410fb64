import { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { protocolViolation } from "../../wire/fault.js";
import type { Frame } from "../../wire/frame.js";
import { PARALLEL_PAYLOADS } from "../../wire/limits.js";

/** Payloads that arrive in chunks in one direction of a session: only so many have memory at a time. */
export class AssemblyRoom {
  taken = 0;
}

/** A payload that arrives in chunks. Its memory is taken once, when the first chunk is here. */
export class Assembly {
  readonly size: number;
  private readonly room: AssemblyRoom;
  private bytes: Buffer | undefined;
  private filled = 0;

  constructor(size: number, room: AssemblyRoom) {
    this.size = size;
    this.room = room;
  }

  /** True when this frame would be the first chunk, and there is no room for another payload. */
  refuses(frame: Frame): boolean {
    return this.bytes === undefined && frame.payload !== undefined && this.room.taken >= PARALLEL_PAYLOADS;
  }

  /** The whole payload once the last chunk is in, else undefined. What is too much or too little is a fault. */
  add(frame: Frame): Buffer | undefined {
    if (frame.payload !== undefined) {
      const end = this.filled + frame.payloadEnd - frame.payloadStart;
      if (end > this.size)
        throw protocolViolation(`call ${frame.callId} sends more than its payload_size of ${this.size}`);
      if (this.bytes === undefined) {
        this.bytes = Buffer.allocUnsafeSlow(this.size);
        this.room.taken++;
      }
      frame.payload.copy(this.bytes, this.filled, frame.payloadStart, frame.payloadEnd);
      this.filled = end;
    }
    if (frame.more) return undefined;
    if (this.filled !== this.size || this.bytes === undefined) {
      throw protocolViolation(
        `call ${frame.callId} ends its payload at ${this.filled} of ${this.size} bytes`,
      );
    }
    const whole = this.bytes;
    this.close();
    return whole;
  }

  /** The payload is whole, or nobody wants the rest. */
  close(): void {
    if (this.bytes === undefined) return;
    this.bytes = undefined;
    this.room.taken--;
  }
}

/** The receiver's answer to a sender that has more large payloads under way than the specification lets it. */
export function tooManyPayloads(path: string, notProcessed: boolean): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `${path}: more than ${PARALLEL_PAYLOADS} payloads arrive in chunks at a time`,
    { reason: "TOO_MANY_CALLS", notProcessed },
  );
}

import { Buffer } from "node:buffer";
import { protocolViolation } from "../wire/fault.js";
import type { Frame } from "../wire/frame.js";

/** A payload that arrives in chunks. Its memory is taken once, when the first chunk is here. */
export class Assembly {
  readonly size: number;
  private bytes: Buffer | undefined;
  private filled = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** The whole payload once the last chunk is in, else undefined. */
  add(frame: Frame): Buffer | undefined {
    if (frame.payload !== undefined) {
      const end = this.filled + frame.payloadEnd - frame.payloadStart;
      if (end > this.size)
        throw protocolViolation(`call ${frame.callId} sends more than its payload_size of ${this.size}`);
      this.bytes ??= Buffer.allocUnsafeSlow(this.size);
      frame.payload.copy(this.bytes, this.filled, frame.payloadStart, frame.payloadEnd);
      this.filled = end;
    }
    if (frame.more) return undefined;
    if (this.filled !== this.size || this.bytes === undefined) {
      throw protocolViolation(
        `call ${frame.callId} ends its payload at ${this.filled} of ${this.size} bytes`,
      );
    }
    return this.bytes;
  }
}

import type { Frame } from "../../../src/wire/frame.js";
import { PacketReader } from "../../../src/wire/packet-reader.js";

/** What a reader hands over, copied out of the frame that it reuses. */
export interface Seen {
  readonly frame: Frame;
  readonly payload: Buffer | undefined;
  readonly method: string | undefined;
}

/** All that a reader makes of a message. */
export function read(parts: readonly Buffer[], reader = new PacketReader()) {
  const frames: Seen[] = [];
  let totals: [number, number] | undefined;
  reader.read(parts, {
    frame: (frame) => {
      frames.push({
        frame: Object.assign(Object.create(Object.getPrototypeOf(frame)), frame),
        payload: frame.payload && Buffer.from(frame.payload.subarray(frame.payloadStart, frame.payloadEnd)),
        method:
          frame.methodStart < 0 ? undefined : frame.buf.toString("utf8", frame.methodStart, frame.methodEnd),
      });
    },
    totals: (bytes, packets) => {
      totals = [bytes, packets];
    },
  });
  return { frames, totals };
}

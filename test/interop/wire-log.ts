import { frameTap, type Tap, type TappedFrame } from "../../src/index.js";
import { initialLimits } from "../../src/wire/limits.js";

/** One frame that travelled. */
export interface LoggedFrame {
  readonly direction: "in" | "out";
  readonly frame: TappedFrame;
}

/** What the receiver of a stream allows its sender. */
export interface Grant {
  messages: number;
  bytes: number;
}

/** `heliograph.wire.v1.Compression` */
export const GZIP = 1;

/** The frames of a client's connections, in the order in which they left and came. */
export class WireLog {
  readonly frames: LoggedFrame[] = [];
  readonly tap: Tap = frameTap((frame, { direction }) => {
    this.frames.push({ direction, frame });
    for (const look of this.waiting) look();
    return frame;
  });
  private readonly waiting = new Set<() => void>();

  count(direction: "in" | "out", kind: number): number {
    return this.frames.filter((each) => each.direction === direction && each.frame.kind === kind).length;
  }

  /** Resolves once so many frames of a kind have been seen. */
  async seen(direction: "in" | "out", kind: number, count: number): Promise<void> {
    if (this.count(direction, kind) >= count) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.count(direction, kind) < count) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
    });
  }

  /** The payloads of those kinds and how each is compressed: first frames only, not further chunks. */
  payloads(direction: "in" | "out", ...kinds: number[]): { compression: number; bytes: number }[] {
    const open = new Map<bigint, number>();
    const found: { compression: number; bytes: number }[] = [];
    for (const { direction: way, frame } of this.frames) {
      if (way !== direction || !kinds.includes(frame.kind)) continue;
      const { callId, more, payload, compression } = frame;
      if (payload === undefined && !more && !open.has(callId)) continue;
      const index = open.get(callId) ?? found.push({ compression, bytes: 0 }) - 1;
      const entry = found[index];
      if (entry !== undefined) entry.bytes += payload?.length ?? 0;
      if (more) open.set(callId, index);
      else open.delete(callId);
    }
    return found;
  }

  /** All credit that one side has given to the one stream of the connection: `out` the client, `in` the server. */
  granted(direction: "in" | "out"): Grant {
    const grant: Grant = { messages: 0, bytes: 0 };
    for (const { direction: way, frame } of this.frames) {
      if (way !== direction) continue;
      if (frame.welcome !== undefined) {
        const { limits } = frame.welcome;
        grant.messages += limits?.streamCreditMessages || initialLimits.streamCreditMessages;
        grant.bytes += Number(limits?.streamCreditBytes) || initialLimits.streamCreditBytes;
      }
      grant.messages += frame.creditMessages;
      grant.bytes += Number(frame.creditBytes);
    }
    return grant;
  }
}

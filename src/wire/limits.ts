import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";

/**
 * What a side accepts from its peer in one session (docs/spec/wire.md, "Limits").
 * A side that says nothing accepts `initialLimits`, which also hold before WELCOME.
 */
export interface Limits {
  /** Calls of the client that have not ended. */
  readonly maxCalls: number;
  /** Bytes the peer may have sent that this side's loop has not read. May be overdrawn by one message. */
  readonly windowBytes: number;
  /** The same, in ZeroMQ messages. */
  readonly windowPackets: number;
  /** The largest payload of one frame; a larger one travels in several. */
  readonly chunkBytes: number;
  /** The largest payload of one message of a call. */
  readonly messageBytes: number;
  /** Messages of one stream that its sender may be ahead of its reader; in time, when the reader keeps up. */
  readonly streamCreditMessages: number;
  /** The same in bytes. May be overdrawn by one message. */
  readonly streamCreditBytes: number;
  /** Keys and values of one list of metadata. */
  readonly metadataBytes: number;
}

/** How far the sender of a stream may be ahead of its reader. */
export interface StreamCredit {
  readonly messages: number;
  readonly bytes: number;
}

/** The constants of the specification: what holds before WELCOME, and for whatever it leaves out. */
export const initialLimits: Limits = {
  maxCalls: 1024,
  windowBytes: 1024 * 1024,
  windowPackets: 128,
  chunkBytes: 256 * 1024,
  messageBytes: 64 * 1024 * 1024,
  streamCreditMessages: 16,
  streamCreditBytes: 64 * 1024,
  metadataBytes: 16 * 1024,
};

/** A payload from this size on travels beside the packet, in a part of its own, and is not copied on arrival. */
export const ATTACH_BYTES = 16 * 1024;

/** A packet is closed when it has grown to this size; one frame more may make it larger. */
export const PACKET_BYTES = 128 * 1024;

/**
 * A packet is closed, and leaves, when its frames weigh so much: the peer then works on them while this side writes the
 * next ones. 128 requests or answers are best for 256 calls in flight, which gain a third by it; a stream has its
 * messages at hand, and goes faster with 512 of them, as each packet costs both sides as much as some ten messages.
 */
export const PACKET_WEIGHT = 512;
export const FRAME_WEIGHT = 4;
export const MESSAGE_WEIGHT = 1;

/** The largest packet a receiver takes: `PACKET_BYTES`, one payload below `ATTACH_BYTES`, metadata, and slack. */
export const MAX_PACKET_BYTES = 512 * 1024;

/** Attachments of one ZeroMQ message. */
export const MAX_ATTACHMENTS = 256;

/** Payloads that travel in chunks at a time, in one direction of a session; the others wait their turn. */
export const PARALLEL_PAYLOADS = 4;

/**
 * No sender uses more of a window than this, whatever it is granted: what the peer doesn't read lies in the sender's
 * memory, and above ZeroMQ's high-water mark (256 messages) the connection would be lost.
 */
export const MAX_WINDOW_BYTES = 16 * 1024 * 1024;
export const MAX_WINDOW_PACKETS = 192;

/** The smallest `chunkBytes` that may be granted: below it a payload would cost more in packets than in bytes. */
export const MIN_CHUNK_BYTES = 1024;

/** PINGs of one packet. Each is answered by a message of its own. */
export const MAX_PINGS = 16;

/** The largest request or reply of a bare or enveloped call, which can't travel in chunks. */
export const MAX_BARE_BYTES = 2 * 1024 * 1024;

/** What a stream's sender may be ahead of a reader that keeps up with it, unless a node says otherwise. */
const STREAM_CREDIT = { streamCreditMessages: 4096, streamCreditBytes: 1024 * 1024 };

/** What it may be ahead at first, and of a reader that does not keep up. */
export const FIRST_CREDIT = { messages: 256, bytes: 64 * 1024 };

const HELD_BYTES = 64 * 1024 * 1024;
const HELD_MESSAGES = 4;

/**
 * Bytes of requests that a server holds for the calls in flight of a session that have one request, by the largest message that it
 * takes; it refuses a call that would be more. A client keeps one message below it, and lets further calls wait.
 */
export function heldBytesLimit(messageBytes: number): number {
  return Math.max(HELD_BYTES, messageBytes * HELD_MESSAGES);
}

/** What users may set of the limits; see `Limits` for units. */
export type LimitOptions = { readonly [K in Exclude<keyof Limits, "chunkBytes">]?: number | undefined };

const least: Record<keyof LimitOptions, number> = {
  maxCalls: 1,
  windowBytes: 64 * 1024,
  windowPackets: 4,
  messageBytes: 1024,
  // A client that does not know the limits yet begins with the constants.
  streamCreditMessages: initialLimits.streamCreditMessages,
  streamCreditBytes: initialLimits.streamCreditBytes,
  metadataBytes: 256,
};

/** A list of metadata above this could not travel in a packet, with all that may be beside it. */
export const MAX_METADATA_BYTES = 128 * 1024;

const most: Record<keyof LimitOptions, number> = {
  maxCalls: 0xffffffff,
  windowBytes: Number.MAX_SAFE_INTEGER,
  windowPackets: 0xffffffff,
  messageBytes: 0x7fffffff,
  streamCreditMessages: 0xffffffff,
  streamCreditBytes: Number.MAX_SAFE_INTEGER,
  metadataBytes: MAX_METADATA_BYTES,
};

/** The limits of a node: the specification's, with what the user sets in their place. */
export function limitsFrom(options: LimitOptions = {}): Limits {
  const limits = { ...initialLimits, ...STREAM_CREDIT };
  const unknown = Object.keys(options).find((key) => !(key in least));
  if (unknown !== undefined) {
    throw invalidArgument(`limits has no "${unknown}"; it has ${Object.keys(least).join(", ")}`);
  }
  for (const key of Object.keys(least) as (keyof LimitOptions)[]) {
    const value = options[key];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < least[key]) {
      throw invalidArgument(
        `limits.${key} must be an integer of at least ${least[key]}, got ${String(value)}`,
      );
    }
    if (value > most[key]) throw invalidArgument(`limits.${key} must be at most ${most[key]}, got ${value}`);
    limits[key] = value;
  }
  return limits;
}

/** What a side that grants so much gives the sender of a stream at first. */
export function firstCredit({ streamCreditMessages, streamCreditBytes }: Limits): StreamCredit {
  return {
    messages: Math.min(streamCreditMessages, FIRST_CREDIT.messages),
    bytes: Math.min(streamCreditBytes, FIRST_CREDIT.bytes),
  };
}

/** What it gives in time to a sender whose reader keeps up. */
export function mostCredit({ streamCreditMessages, streamCreditBytes }: Limits): StreamCredit {
  return { messages: streamCreditMessages, bytes: streamCreditBytes };
}

/** A payload is larger than its receiver accepts: gRPC's code for it, on whichever side finds out. Not processed: the request is the one too large. */
export function messageTooLarge(
  bytes: number,
  limit: number,
  what: string,
  notProcessed: boolean,
): HeliographError {
  return new HeliographError(
    Code.ResourceExhausted,
    `${what} has ${bytes} bytes, more than the ${limit} that the receiver accepts (limits.messageBytes)`,
    { reason: "MESSAGE_TOO_LARGE", notProcessed },
  );
}

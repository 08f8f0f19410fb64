import type { Frame } from "../../wire/frame.js";
import { messageTooLarge } from "../../wire/limits.js";
import { readResume } from "../../wire/resume.js";
import { notResumable } from "../refusals.js";
import type { AssemblyRoom } from "../session/assembly.js";
import { checkReceived } from "../session/call-metadata.js";
import { requireCodec } from "../session/payload.js";
import { findRoute } from "./find-route.js";
import { KeyedCall } from "./keyed-call.js";
import type { Arrival } from "./method-stats.js";
import { ResumableCall, type ResumableCallOwner } from "./resumable-call.js";
import type { RequestFacts, ServerCall } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { ServerStreamCall, type StreamCallOwner } from "./server-stream-call.js";
import { ServerUnaryCall, type UnaryCallOwner } from "./server-unary-call.js";

/** What all kinds of calls need of their session. */
export interface CallOwner extends UnaryCallOwner, StreamCallOwner, ResumableCallOwner {
  /** @throws HeliographError when the session holds too much for a request of this size */
  checkHeld(size: number, path: string): void;
}

/**
 * The call that a REQUEST asks for, not begun yet.
 *
 * @param size of the whole request
 * @param room for the requests of a stream that arrive in chunks
 * @param arrival of the packet
 * @throws HeliographError when it can't be made; nothing was processed then
 */
export function makeCall(
  server: ServerShared,
  owner: CallOwner,
  frame: Frame,
  size: number,
  room: AssemblyRoom,
  arrival: Arrival,
): ServerCall {
  const { limits } = server.session;
  checkReceived(frame, limits.metadataBytes);
  const route = findRoute(server, frame.buf, frame.methodStart, frame.methodEnd);
  const codec = requireCodec(frame.codec, frame.compression, route.path);
  if (size > limits.messageBytes)
    throw messageTooLarge(size, limits.messageBytes, `${route.path}: the request`, true);
  owner.checkHeld(size, route.path);
  const facts: RequestFacts = {
    id: frame.callId,
    route,
    codec,
    deadline: frame.timeoutMs === 0 ? Number.POSITIVE_INFINITY : arrival.at + frame.timeoutMs,
    metadataBuf: frame.metadata && frame.buf,
    metadataRanges: frame.metadata,
    oneWay: frame.oneWay,
    arrival,
    stats: route.stats,
  };
  const { method } = route;
  if (method.kind !== "unary") {
    const credit = { messages: frame.creditMessages, bytes: frame.creditBytes };
    if (frame.resumeStart < 0) {
      route.group.admit();
      return new ServerStreamCall(server, owner, facts, credit, room);
    }
    const { streamId, next } = readResume(frame);
    const resumable = method.kind === "server-stream" ? method.resumable : undefined;
    if (resumable !== undefined)
      return new ResumableCall(server, owner, facts, resumable, { streamId, next, credit }, room);
    // The client may know what this server does not, that the stream is to be resumable; running it again is no way to.
    if (next > 0) throw notResumable(route.path);
    route.group.admit();
    return new ServerStreamCall(server, owner, facts, credit, room);
  }
  if (frame.idempotencyKeyStart < 0) {
    route.group.admit();
    return new ServerUnaryCall(server, owner, facts);
  }
  const key = frame.buf.toString("utf8", frame.idempotencyKeyStart, frame.idempotencyKeyEnd);
  return new KeyedCall(server, owner, facts, key);
}

import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import { compressBytes, encodeMessage } from "./payload.js";

/** The call can't be sent before it is known who the server is and what it can do. */
export function isSpecial({ options, streamsRequests }: ClientCall): boolean {
  const { compression, attemptGroup } = options;
  if (attemptGroup !== undefined) return true;
  return compression !== undefined && compression !== "none" && !streamsRequests;
}

/**
 * Makes a special call ready for this session; gives a promise when that takes a while, after which the call has to be
 * sent to whatever session there is then.
 *
 * @throws HeliographError UNAVAILABLE, reason INSTANCE_GONE, when an earlier attempt may have run on another server
 */
export function prepare(call: ClientCall, session: ClientSession): Promise<void> | undefined {
  stayWith(call, session);
  const { compression = "none" } = call.options;
  if (compression === "none" || call.streamsRequests || call.request === undefined) return undefined;
  const wanted = typeof compression === "function" ? compression(call.message) : compression;
  if (!session.canUndo(wanted)) {
    if (call.requestCompression !== 0)
      setRequest(call, encodeMessage(call.method.codec, call.method.input, call.message), 0);
    return undefined;
  }
  if (call.packed) return undefined;
  const packed = compressBytes(call.request, wanted);
  call.packed = true;
  if (!(packed instanceof Promise)) {
    setRequest(call, packed.bytes, packed.compression);
    return undefined;
  }
  return packed.then(({ bytes, compression: id }) => setRequest(call, bytes, id));
}

function setRequest(call: ClientCall, bytes: Buffer, compression: number): void {
  call.request = bytes;
  call.requestCompression = compression;
}

/** A repeated call finds its earlier answer only where that was given. */
function stayWith(call: ClientCall, { server }: ClientSession): void {
  const group = call.options.attemptGroup;
  if (group === undefined || server === undefined) return;
  const { instance, epoch } = server;
  group.identity ??= { instance, epoch };
  if (group.identity.instance === instance && group.identity.epoch === epoch) return;
  throw new HeliographError(
    Code.Unavailable,
    `${call.method.path}: the server that an earlier attempt was sent to is gone; it can't be known whether it ran`,
    { reason: "INSTANCE_GONE" },
  );
}

import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { requestCompression } from "../call-options.js";
import { checkSize, compressBytes, encodeMessage } from "../session/payload.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";

/** The call can't be sent before it is known who the server is and what it can do. */
export function isSpecial({ options, group, streamsRequests }: ClientCall): boolean {
  const { compression } = options;
  if (group !== undefined || options.instance !== undefined) return true;
  return compression !== undefined && compression !== "none" && !streamsRequests;
}

/**
 * Makes a special call ready for this session; gives a promise when that takes a while, after which the call has to be
 * sent to whatever session there is then.
 *
 * @throws HeliographError UNAVAILABLE, reason WRONG_INSTANCE, when the call names another server; INSTANCE_GONE, when an earlier attempt may have run on another server
 */
export function prepare(call: ClientCall, session: ClientSession): Promise<void> | undefined {
  checkInstance(call, session);
  const packing = pack(call, session);
  // Until it is packed, it may still go to another server.
  if (packing === undefined) stayWith(call, session);
  return packing;
}

function pack(call: ClientCall, session: ClientSession): Promise<void> | undefined {
  const { compression = "none" } = call.options;
  if (compression === "none" || call.streamsRequests || call.request === undefined) return undefined;
  const wanted = requestCompression(compression, call.message);
  const { path, input } = call.method;
  // Before it is compressed, as the server counts it.
  if (!call.packed) checkSize(call.request.length, session.messageLimit, input, path);
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

/** A repeated call finds its earlier answer, and a stream its end, only where that was given. */
function checkInstance(call: ClientCall, { server, endpoint }: ClientSession): void {
  const { instance } = call.options;
  const isMeant = instance === undefined || instance === endpoint || instance === server?.instance;
  if (!isMeant && server !== undefined) {
    throw new HeliographError(
      Code.Unavailable,
      `${call.method.path}: the server at ${endpoint} is instance ${server.instance}, not ${instance}`,
      { reason: "WRONG_INSTANCE", notProcessed: true },
    );
  }
  const identity = call.group?.identity;
  if (identity === undefined || server === undefined) return;
  if (identity.instance !== server.instance || identity.epoch !== server.epoch) throw call.instanceGone();
}

function stayWith(call: ClientCall, { server }: ClientSession): void {
  const { group } = call;
  if (group === undefined || server === undefined || group.identity !== undefined) return;
  group.identity = { instance: server.instance, epoch: server.epoch };
  call.first = true;
}

import { Buffer } from "node:buffer";
import { asBuffer } from "./parts.js";
import type { SocketFactory, Tap, TappedMessage } from "./socket.js";
import { warn } from "./warn.js";

/**
 * A factory whose sockets show every message to `tap`, in both directions; see `Tap`. When the tap throws, the
 * message passes unchanged and `onError` gets the error (default: a process warning). Probes carry no messages, and pass.
 */
export function tapped(
  factory: SocketFactory,
  tap: Tap,
  onError: (error: unknown) => void = warn,
): SocketFactory {
  const look = (
    direction: TappedMessage["direction"],
    endpoint: string,
    parts: Uint8Array[],
  ): readonly Uint8Array[] => {
    // Another tap, below this one, has dropped it.
    if (parts.length === 0) return parts;
    try {
      return tap({ direction, endpoint, parts }) ?? [];
    } catch (error) {
      onError(error);
      return parts;
    }
  };
  return {
    anyEndpoint: factory.anyEndpoint,
    ...(factory.probe && { probe: factory.probe.bind(factory) }),
    async listen(endpoint, events) {
      let bound = endpoint;
      const inner = await factory.listen(endpoint, {
        message: (routingId, parts, bytes) =>
          events.message(routingId, asBuffers(look("in", bound, parts)), bytes),
        left: (routingId) => events.left(routingId),
      });
      bound = inner.endpoint;
      return {
        endpoint: bound,
        send: (routingId, parts) => pass(look("out", bound, parts), (rest) => inner.send(routingId, rest)),
        disconnect: (routingId) => inner.disconnect(routingId),
        close: (options) => inner.close(options),
        [Symbol.asyncDispose]: () => inner.close(),
      };
    },
    dial(endpoint, events, options) {
      const inner = factory.dial(
        endpoint,
        {
          opened: () => events.opened(),
          message: (parts, bytes) => events.message(asBuffers(look("in", endpoint, parts)), bytes),
          closed: (reason, cause) => events.closed(reason, cause),
        },
        options,
      );
      return {
        send: (parts) => pass(look("out", endpoint, parts), (rest) => inner.send(rest)),
        close: (closeOptions) => inner.close(closeOptions),
        [Symbol.asyncDispose]: () => inner.close(),
      };
    },
  };
}

function pass(parts: readonly Uint8Array[], send: (parts: Uint8Array[]) => number): number {
  return parts.length === 0 ? 0 : send(parts as Uint8Array[]);
}

function asBuffers(parts: readonly Uint8Array[]): Buffer[] {
  return parts.every((part) => Buffer.isBuffer(part)) ? (parts as Buffer[]) : parts.map(asBuffer);
}

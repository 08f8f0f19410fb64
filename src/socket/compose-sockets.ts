import { invalidArgument } from "../core/error.js";
import { schemeOf } from "../naming/endpoint.js";
import { failedDialer } from "./failed-dialer.js";
import type { SocketFactory } from "./socket.js";

/**
 * One factory out of several, chosen by the endpoint's scheme. An endpoint of another scheme fails with
 * INVALID_ARGUMENT (BAD_OPTION): `listen` rejects, and a dialer is closed as "unresolved" with that cause. There are
 * probes if all factories have them.
 *
 * @param factories by scheme, such as `{ tcp: zmq, ipc: zmq, memory }`.
 */
export function composeSockets(factories: Readonly<Record<string, SocketFactory>>): SocketFactory {
  const byScheme = new Map(Object.entries(factories));
  const find = (endpoint: string): SocketFactory => {
    const factory = byScheme.get(schemeOf(endpoint));
    if (factory) return factory;
    const schemes = [...byScheme.keys()].map((scheme) => `${scheme}://`).join(", ");
    const hint = endpoint.startsWith("memory:") ? "; memory:// needs network: memoryNetwork()" : "";
    throw invalidArgument(
      `${JSON.stringify(endpoint)} has no known scheme; the schemes here are ${schemes}${hint}`,
    );
  };
  const canProbe = [...byScheme.values()].every(({ probe }) => probe !== undefined);
  return {
    ...(canProbe && {
      probe: async (endpoint: string, timeoutMs: number) => {
        const factory = byScheme.get(schemeOf(endpoint));
        return (await factory?.probe?.(endpoint, timeoutMs)) ?? false;
      },
    }),
    listen: async (endpoint, events) => find(endpoint).listen(endpoint, events),
    dial: (endpoint, events, options) => {
      try {
        return find(endpoint).dial(endpoint, events, options);
      } catch (error) {
        return failedDialer(events, "unresolved", error as Error);
      }
    },
  };
}

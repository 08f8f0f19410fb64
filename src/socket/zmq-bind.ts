import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import {
  formatEndpoint,
  isNamedHost,
  needsIpv6,
  parseEndpoint,
  resolveHost,
  type ZmqEndpoint,
} from "./resolve.js";
import { ListeningRouter, type ZmqSettings } from "./zmq-options.js";

/** Binds a ROUTER, or says in the kit's terms why that can't be done; see `SocketFactory.listen`. */
export async function bindRouter(endpoint: string, settings: ZmqSettings): Promise<ListeningRouter> {
  const address = await resolveInterface(endpoint, parseEndpoint(endpoint, "listen"));
  if (address.scheme === "ipc" && (await isListening(address.name))) throw taken(endpoint);
  const router = new ListeningRouter(settings, needsIpv6(address));
  try {
    await router.bind(formatEndpoint(address));
    return router;
  } catch (error) {
    router.close();
    throw bindError(endpoint, error);
  }
}

/** ZeroMQ binds to addresses and names of interfaces, not of hosts. */
async function resolveInterface(endpoint: string, address: ZmqEndpoint): Promise<ZmqEndpoint> {
  if (!isNamedHost(address) || address.host === "*" || address.host in networkInterfaces()) return address;
  try {
    return await resolveHost(address.host, address.port);
  } catch (error) {
    throw new HeliographError(
      Code.InvalidArgument,
      `can't listen on ${endpoint}: ${address.host} is neither an interface nor a known host`,
      { reason: "BAD_OPTION", cause: error },
    );
  }
}

/** ZeroMQ would take the path away from a living listener, as it removes the file before it binds. */
function isListening(path: string): Promise<boolean> {
  if (path === "*" || path.startsWith("@")) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function bindError(endpoint: string, error: unknown): HeliographError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return taken(endpoint, error);
  if (code === "EMFILE") {
    return new HeliographError(Code.ResourceExhausted, `can't listen on ${endpoint}: no more sockets`, {
      cause: error,
    });
  }
  const why =
    code === "EADDRNOTAVAIL" || code === "ENODEV"
      ? "the address is not one of this machine"
      : error instanceof Error
        ? error.message
        : String(error);
  const { rawMessage, reason } = invalidArgument(`can't listen on ${endpoint}: ${why}`);
  return new HeliographError(Code.InvalidArgument, rawMessage, { reason, cause: error });
}

function taken(endpoint: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.Unavailable, `can't listen on ${endpoint}: the endpoint is taken`, {
    reason: "ENDPOINT_TAKEN",
    cause,
  });
}

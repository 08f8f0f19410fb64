import { lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument } from "../core/error.js";
import { formatEndpoint, isNamedHost, parseEndpoint, resolveHost, type ZmqEndpoint } from "./resolve.js";
import { ListeningRouter, type ZmqSettings } from "./zmq-options.js";

/** A bound ROUTER. */
export interface BoundRouter {
  readonly router: ListeningRouter;
  /** Where it is bound, with the real port or path in place of a wildcard. */
  readonly endpoint: string;
  /** Makes the endpoint unknown to others; to be called just before the ROUTER is closed. */
  release(): void;
}

/** Binds a ROUTER, or says in the kit's terms why that can't be done; see `SocketFactory.listen`. */
export async function bindRouter(endpoint: string, settings: ZmqSettings): Promise<BoundRouter> {
  const address = await resolveInterface(endpoint, parseEndpoint(endpoint, "listen"));
  const path = address.scheme === "ipc" && !/^(\*$|@)/.test(address.name) ? address.name : undefined;
  if (path !== undefined) await requireFree(endpoint, path);
  const router = new ListeningRouter(settings, address);
  try {
    await router.bind(formatEndpoint(address));
  } catch (error) {
    router.close();
    throw bindError(endpoint, error);
  }
  return {
    router,
    endpoint: router.lastEndpoint ?? endpoint,
    release: () => {
      // ZeroMQ removes only the files it has named itself.
      if (path !== undefined) removeFile(path, settings.onError);
    },
  };
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

/** ZeroMQ removes whatever is at the path before it binds: somebody's file, or the way to a living listener. */
async function requireFree(endpoint: string, path: string): Promise<void> {
  const isSocket = isSocketFile(path);
  if (isSocket === undefined) return;
  if (!isSocket) {
    throw invalidArgument(`can't listen on ${endpoint}: there is a file of another kind at ${path}`);
  }
  if (await isListening(path)) throw taken(endpoint);
}

/** Undefined if there is nothing, or nothing that can be seen; then binding tells what is wrong. */
function isSocketFile(path: string): boolean | undefined {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return undefined;
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function removeFile(path: string, onError: (error: unknown) => void): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    onError(error);
  }
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
      : code === "ENOENT"
        ? "its folder does not exist"
        : error instanceof Error
          ? error.message
          : String(error);
  const { rawMessage, reason } = invalidArgument(`can't listen on ${endpoint}: ${why}`);
  return new HeliographError(Code.InvalidArgument, rawMessage, { reason, cause: error });
}

function taken(endpoint: string, cause?: unknown): HeliographError {
  const hint = endpoint.startsWith("tcp:")
    ? "; stop what listens there, or take a free port with tcp://127.0.0.1:*"
    : "";
  return new HeliographError(Code.Unavailable, `can't listen on ${endpoint}: the endpoint is taken${hint}`, {
    reason: "ENDPOINT_TAKEN",
    cause,
  });
}

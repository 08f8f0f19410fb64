import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { invalidArgument } from "../core/error.js";

/** An endpoint taken apart. */
export type ZmqEndpoint =
  | { readonly scheme: "tcp"; readonly host: string; readonly port: string }
  | { readonly scheme: "ipc" | "inproc"; readonly name: string };

/** The kernel's limit for the path of a Unix domain socket, less its terminating zero. */
const MAX_IPC_PATH_BYTES = 107;

const goodOnes = {
  tcp: {
    listen: "tcp://127.0.0.1:5555 or tcp://127.0.0.1:* for any free port",
    dial: "tcp://127.0.0.1:5555",
  },
  ipc: { listen: "ipc:///run/app/greeter", dial: "ipc:///run/app/greeter" },
  inproc: { listen: "inproc://greeter", dial: "inproc://greeter" },
};

/**
 * Takes an endpoint apart.
 *
 * @throws HeliographError INVALID_ARGUMENT (BAD_OPTION) for one that ZeroMQ could not use, or not in that role.
 */
export function parseEndpoint(endpoint: string, role: "listen" | "dial"): ZmqEndpoint {
  const match = /^(tcp|ipc|inproc):\/\/(.+)$/s.exec(endpoint);
  if (!match) {
    throw invalidArgument(
      `${JSON.stringify(endpoint)} is not a ZeroMQ endpoint; write it as ${goodOnes.tcp[role]}, ${goodOnes.ipc[role]} or ${goodOnes.inproc[role]}` +
        (endpoint.startsWith("memory:") ? ", or pass network: memoryNetwork()" : ""),
    );
  }
  const scheme = match[1] as "tcp" | "ipc" | "inproc";
  const rest = match[2]!;
  if (scheme !== "tcp") return parseNamed(endpoint, scheme, rest, role);
  const tcp = /^(\[[0-9a-fA-F:.%\w]+\]|[^\s:[\]/;@]+):(\d{1,5}|\*)$/.exec(rest);
  const host = tcp?.[1] ?? "";
  const port = tcp?.[2] ?? "";
  const portFits = role === "listen" ? port === "*" || Number(port) <= 65_535 : isPort(port);
  if (!tcp || !portFits || (role === "dial" && host === "*")) {
    throw invalidArgument(
      `${JSON.stringify(endpoint)} is not a tcp endpoint to ${role}; write it as ${goodOnes.tcp[role]}`,
    );
  }
  return { scheme: "tcp", host, port };
}

/** True if sockets for this endpoint need ZeroMQ's `ipv6` option. */
export function needsIpv6(endpoint: ZmqEndpoint): boolean {
  return endpoint.scheme === "tcp" && endpoint.host.startsWith("[");
}

/** True if the endpoint names a host that has to be looked up: ZeroMQ reports nothing for one that doesn't exist. */
export function isNamedHost(endpoint: ZmqEndpoint): endpoint is ZmqEndpoint & { scheme: "tcp" } {
  return endpoint.scheme === "tcp" && !endpoint.host.startsWith("[") && isIP(endpoint.host) === 0;
}

/** Looks the host up, IPv4 first, and puts its address in the place of the name. */
export async function resolveHost(host: string, port: string): Promise<ZmqEndpoint & { scheme: "tcp" }> {
  const { address, family } = await lookup(host, { verbatim: false });
  return { scheme: "tcp", host: family === 6 ? `[${address}]` : address, port };
}

/** The endpoint as ZeroMQ wants it. */
export function formatEndpoint(endpoint: ZmqEndpoint): string {
  return endpoint.scheme === "tcp"
    ? `tcp://${endpoint.host}:${endpoint.port}`
    : `${endpoint.scheme}://${endpoint.name}`;
}

function parseNamed(
  endpoint: string,
  scheme: "ipc" | "inproc",
  name: string,
  role: "listen" | "dial",
): ZmqEndpoint {
  const bytes = Buffer.byteLength(name);
  if (name.includes("\0") || (role === "dial" && name === "*")) {
    throw invalidArgument(
      `${JSON.stringify(endpoint)} is not an ${scheme} endpoint to ${role}; write it as ${goodOnes[scheme][role]}`,
    );
  }
  if (scheme === "ipc" && bytes > MAX_IPC_PATH_BYTES) {
    throw invalidArgument(
      `${JSON.stringify(endpoint)} has a path of ${bytes} bytes, and the kernel takes at most ${MAX_IPC_PATH_BYTES}; use a shorter one, such as ${goodOnes.ipc[role]}`,
    );
  }
  return { scheme, name };
}

function isPort(port: string): boolean {
  const number = Number(port);
  return Number.isInteger(number) && number >= 1 && number <= 65_535;
}

import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { invalidArgument } from "../core/error.js";
import { checkEndpoint, schemeOf } from "../naming/endpoint.js";
import { parseEndpoint } from "../socket/resolve.js";
import { showValue } from "../wire/show-value.js";

/** What `os.networkInterfaces()` gives. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Bridges to containers and virtual machines of this machine, by the names that Docker, Podman, libvirt, LXC, Kubernetes'
 * networks, VirtualBox and VMware give them. Elsewhere their addresses lead to another bridge.
 */
const BRIDGE =
  /^(docker\d|docker_gwbridge|br-[0-9a-f]{12}|podman\d|virbr\d|lxcbr\d|lxdbr\d|incusbr\d|cni\d|flannel|cali|cilium|veth|vboxnet|vmnet)/;
const LINK_LOCAL = /^(fe[89ab][0-9a-f]:|169\.254\.)/i;
const EXAMPLE = '["tcp://greeter.example.org:5555"]';

/**
 * Where others reach a node, for its announcement.
 *
 * An endpoint that listens on all addresses becomes one for each address of the machine, IPv4 first, and last the one of
 * loopback, for the same host. Left out are addresses of bridges to containers, and of the link alone, unless there are no
 * others. Loopback and ipc endpoints stay: whoever is on another host knows by the host's id that they are not for it.
 * inproc endpoints are not announced, since they are known in one thread only.
 *
 * @param bound where it listens, with real ports
 * @param advertise as checked by `checkAdvertise`; takes the place of all that
 */
export function advertised(
  bound: readonly string[],
  advertise?: readonly string[] | undefined,
  interfaces: () => Interfaces = networkInterfaces,
): string[] {
  if (advertise !== undefined) return [...advertise];
  return [...new Set(bound.flatMap((endpoint) => reachable(endpoint, interfaces)))];
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value and says what to write, unless others could connect there */
export function checkAdvertise(advertise: unknown): readonly string[] | undefined {
  if (advertise === undefined) return undefined;
  if (!Array.isArray(advertise) || advertise.length === 0) {
    throw invalidArgument(`advertise must be a list such as ${EXAMPLE}, got ${showValue(advertise)}`);
  }
  for (const endpoint of advertise as unknown[]) checkReachable(endpoint);
  return [...(advertise as string[])];
}

function checkReachable(endpoint: unknown): void {
  const refuse = (why: string) =>
    invalidArgument(
      `advertise has ${showValue(endpoint)}, ${why}; write where others connect to, such as ${EXAMPLE}`,
    );
  if (typeof endpoint !== "string" || schemeOf(endpoint) === "") {
    throw refuse("which is no endpoint: it begins with no scheme");
  }
  if (schemeOf(endpoint) === "inproc") throw refuse("which is known in one thread only");
  if (/:(\*|0+)$/.test(endpoint)) throw refuse("which has no port that others could connect to");
  checkEndpoint(endpoint);
  if (wildcard(endpoint) !== undefined || /:\/\/\*/.test(endpoint)) {
    throw refuse("which stands for all addresses of a machine, and is none");
  }
  if (/^(tcp|ipc)$/.test(schemeOf(endpoint))) parseEndpoint(endpoint, "dial");
}

/** What an endpoint that listens on all addresses listens to, and its port. */
function wildcard(
  endpoint: string,
): { readonly families: readonly string[]; readonly port: string } | undefined {
  const [, host = "", port = ""] = /^tcp:\/\/(\*|0\.0\.0\.0|\[[0:]+\]):(\d+)$/.exec(endpoint) ?? [];
  if (host === "") return undefined;
  // ZeroMQ's sockets for IPv6 take IPv4, too.
  return { families: host.startsWith("[") ? ["IPv4", "IPv6"] : ["IPv4"], port };
}

function reachable(endpoint: string, interfaces: () => Interfaces): string[] {
  const all = wildcard(endpoint);
  if (all !== undefined) {
    const addresses = [...outerAddresses(interfaces(), all.families), "127.0.0.1"];
    return addresses.map((address) => `tcp://${address}:${all.port}`);
  }
  if (schemeOf(endpoint) === "inproc") return [];
  return [schemeOf(endpoint) === "ipc" ? absolute(endpoint) : endpoint];
}

function outerAddresses(interfaces: Interfaces, families: readonly string[]): string[] {
  const outer = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos
      .filter(({ internal, family }) => !internal && families.includes(family))
      .map(({ address, family }) => ({ name, address, family })),
  );
  const far = outer.filter(({ name, address }) => !BRIDGE.test(name) && !LINK_LOCAL.test(address));
  return (far.length > 0 ? far : outer)
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ name, address, family }) => (family === "IPv4" ? address : `[${withZone(address, name)}]`));
}

/** Addresses of the link alone mean nothing without the interface; that of the others is most often named alike. */
function withZone(address: string, name: string): string {
  return LINK_LOCAL.test(address) && !address.includes("%") ? `${address}%${name}` : address;
}

/** Others may run in another folder. */
function absolute(endpoint: string): string {
  const path = endpoint.slice("ipc://".length);
  return path.startsWith("@") ? endpoint : `ipc://${resolve(path)}`;
}

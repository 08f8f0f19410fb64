import { isIP } from "node:net";
import { invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { checkAboveZero } from "../../naming/option-checks.js";
import { showValue } from "../../wire/show-value.js";
import { type ServiceOrName, serviceNames } from "../service-names.js";

/** What is asked of DNS, and how often. */
export interface DnsOptions {
  /**
   * A full name, such as `greeter.default.svc.cluster.local`: search domains and `/etc/hosts` don't count. With `srv`
   * that of the records, such as `_grpc._tcp.greeter.default.svc.cluster.local`.
   */
  readonly host: string;
  /** Where all instances listen. Needed without `srv`, and refused with it. */
  readonly port?: number | undefined;
  /** What they serve: services or their full names. */
  readonly services: readonly ServiceOrName[];
  /** Asks for SRV records, which name host, port, priority and weight. Default false. */
  readonly srv?: boolean | undefined;
  /** Addresses of one kind only. Default: IPv4, and IPv6 where a host has no other. */
  readonly family?: 4 | 6 | undefined;
  /** The longest that an answer is used before DNS is asked again, whatever its TTL, in milliseconds. Default 30,000. */
  readonly intervalMs?: number | undefined;
  /** Addresses of DNS servers, such as `["10.96.0.10"]` or `["127.0.0.1:5353"]`. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
}

/** `DnsOptions` that were checked, with all defaults filled in. */
export interface DnsSettings {
  readonly host: string;
  /** Undefined for that of the records. */
  readonly port: number | undefined;
  readonly services: readonly string[];
  /** The kinds of addresses that are asked for, until there are any. */
  readonly families: readonly (4 | 6)[];
  readonly intervalMs: number;
  /** Undefined for those of the system. */
  readonly servers: readonly string[] | undefined;
}

const names: readonly (keyof DnsOptions)[] = [
  "host",
  "port",
  "services",
  "srv",
  "family",
  "intervalMs",
  "servers",
];
const LABEL = /^[A-Za-z0-9_-]{1,63}$/;
const MAX_HOST_CHARS = 253;

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function dnsSettings(options: DnsOptions): DnsSettings {
  checkOptionNames("dns()", options, names);
  const { host, port, services, srv = false, family, intervalMs = 30_000, servers } = options;
  if (!isName(host)) {
    throw invalidArgument(
      `host must be a name such as "greeter.default.svc.cluster.local", got ${showValue(host)}`,
    );
  }
  if (typeof srv !== "boolean") throw invalidArgument(`srv must be true or false, got ${showValue(srv)}`);
  if (srv && port !== undefined)
    throw invalidArgument(`with srv the records name the port; leave out port, which is ${showValue(port)}`);
  if (!srv && !isPort(port)) {
    throw invalidArgument(
      `port must be a whole number from 1 to 65535, got ${showValue(port)}; without one, ask for records with srv: true`,
    );
  }
  if (family !== undefined && family !== 4 && family !== 6)
    throw invalidArgument(`family must be 4 or 6, got ${showValue(family)}`);
  checkAboveZero("intervalMs", intervalMs);
  if (servers !== undefined) checkServers(servers);
  return {
    host,
    port,
    services: serviceNames(services),
    families: family === undefined ? [4, 6] : [family],
    intervalMs,
    servers,
  };
}

function isName(host: unknown): boolean {
  if (typeof host !== "string" || isIP(host) !== 0) return false;
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return name.length <= MAX_HOST_CHARS && name.split(".").every((label) => LABEL.test(label));
}

function checkServers(servers: unknown): void {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [];
  const wrong = list.find((server) => !isServer(server));
  if (list.length > 0 && wrong === undefined) return;
  throw invalidArgument(
    `servers must be a list of addresses such as ["10.96.0.10"] or ["127.0.0.1:5353"], got ${showValue(wrong ?? servers)}`,
  );
}

function isServer(server: unknown): boolean {
  if (typeof server !== "string") return false;
  if (isIP(server) !== 0) return true;
  const [, v4, v6, port] = /^(?:([\d.]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(server) ?? [];
  return isIP(v4 ?? v6 ?? "") === (v4 === undefined ? 6 : 4) && isPort(Number(port));
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

import { isIPv4 } from "node:net";
import { invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { show } from "../../naming/option-checks.js";

/** Where and how often nodes of a local network say that they are there. */
export interface BeaconOptions {
  /** A multicast address of IPv4: who uses the same group, port and key hears each other. Default `239.255.77.77`. */
  readonly group?: string | undefined;
  /** UDP port; all processes of a machine share it. Default 7701. */
  readonly port?: number | undefined;
  /**
   * Names or IPv4 addresses of network interfaces, such as `["eth0"]`; `["127.0.0.1"]` stays on this machine. Default:
   * all that lead out of this machine, and loopback while there are none. Those that come later are used, too.
   */
  readonly interfaces?: readonly string[] | undefined;
  /** How often a node says that it is there, in milliseconds, 50 to 60,000. Default 1,000. */
  readonly intervalMs?: number | undefined;
  /** Over how many routers a datagram may go, plus one: 0 stays on this machine, 1 in its network. Default 1. */
  readonly ttl?: number | undefined;
  /**
   * A secret that all nodes share: datagrams are signed with it, and those that are not are passed over. It keeps
   * strangers from announcing anything new; it hides nothing, and does not keep them from repeating what they heard.
   * Default: none.
   */
  readonly key?: string | undefined;
}

/** `BeaconOptions` that were checked, with all defaults filled in. */
export interface BeaconSettings {
  readonly group: string;
  readonly port: number;
  readonly interfaces: readonly string[] | undefined;
  readonly intervalMs: number;
  readonly ttl: number;
  readonly key: string | undefined;
}

export const MIN_INTERVAL_MS = 50;
export const MAX_INTERVAL_MS = 60_000;

const optionNames: readonly (keyof BeaconOptions)[] = [
  "group",
  "port",
  "interfaces",
  "intervalMs",
  "ttl",
  "key",
];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option, if it is not the key */
export function beaconSettings(options: BeaconOptions): BeaconSettings {
  checkOptionNames("beacon()", options, optionNames);
  const { group = "239.255.77.77", interfaces, key } = options;
  if (!isMulticast(group)) {
    throw invalidArgument(
      `group must be a multicast address of IPv4, such as "239.255.77.77", got ${show(group)}`,
    );
  }
  if (interfaces !== undefined && !isListOfTexts(interfaces)) {
    throw invalidArgument(`interfaces must be a list such as ["eth0"], got ${show(interfaces)}`);
  }
  if (key !== undefined && (typeof key !== "string" || key === "")) {
    throw invalidArgument("key of beacon() must be a text that is not empty, or be left out");
  }
  return {
    group,
    port: whole("port", options.port ?? 7701, 1, 65_535),
    interfaces,
    intervalMs: whole("intervalMs", options.intervalMs ?? 1_000, MIN_INTERVAL_MS, MAX_INTERVAL_MS),
    ttl: whole("ttl", options.ttl ?? 1, 0, 255),
    key,
  };
}

function isMulticast(group: unknown): boolean {
  const first = typeof group === "string" && isIPv4(group) ? Number(group.split(".")[0]) : 0;
  return first >= 224 && first <= 239;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(
    `${name} of beacon() must be a whole number from ${least} to ${most}, got ${show(value)}`,
  );
}

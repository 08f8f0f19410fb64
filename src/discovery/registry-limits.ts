import { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import { checkEndpoint } from "../naming/endpoint.js";
import type { Announcement } from "../naming/instance.js";
import { showValue } from "../wire/show-value.js";

/** How much one registry holds, whatever its peers send. */
export interface RegistryLimits {
  readonly instances: number;
  /** Of all announcements together, in bytes as `announcementWeight` counts them. */
  readonly weight: number;
  readonly watches: number;
  /** Instances that are dead and still listed; those that died first go first. */
  readonly dead: number;
  /** How long one that is dead stays listed, in milliseconds. */
  readonly deadMs: number;
  /** Changes from which a watch can go on. */
  readonly logEntries: number;
  /** Bytes of announcements that the log keeps alive. */
  readonly logWeight: number;
  /** Instances that a slow watch may not have been told of, before it is told of all anew. */
  readonly backlog: number;
  /** Instances, and bytes of announcements, of one response of a watch; the rest follows in further ones. */
  readonly responseInstances: number;
  readonly responseWeight: number;
}

/** How many instances are kept of what one registry or etcd tells: more than any serves. */
export const MAX_INSTANCES = 100_000;

const MIB = 1024 * 1024;

export const registryLimits: RegistryLimits = {
  instances: 65_536,
  weight: 64 * MIB,
  watches: 262_144,
  dead: 1_024,
  deadMs: 600_000,
  logEntries: 8_192,
  logWeight: 16 * MIB,
  backlog: 1_024,
  responseInstances: 1_024,
  responseWeight: MIB,
};

/** What one announcement may say. */
const ANNOUNCEMENT_WEIGHT = 128 * 1024;
const ENDPOINTS = 64;
const SERVICES = 512;
const LABELS = 64;
const ID_BYTES = 128;
const TEXT_BYTES = 256;
/** Of an announcement, and of each thing that it lists, beside its texts. */
const OBJECT_WEIGHT = 256;
const ENTRY_WEIGHT = 128;

const NODE = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Checks what an instance says of itself.
 *
 * @returns its weight: about the bytes of memory that it takes
 * @throws HeliographError INVALID_ARGUMENT, reason REGISTRATION_REFUSED, that quotes what is wrong
 */
export function checkAnnouncement(announcement: Announcement): number {
  const { node, instance, epoch, endpoints, services, labels, host, kit } = announcement;
  if (!NODE.test(node)) {
    throw refused(`node must have 1 to 64 letters, digits, "-", "_" or ".", got ${showValue(node)}`);
  }
  if (instance === "") throw refused("instance must not be empty");
  checkBytes("instance", instance, ID_BYTES);
  if (epoch === 0) throw refused("epoch must be the time at which the instance began, got 0");
  checkCount("endpoints", endpoints.length, ENDPOINTS);
  endpoints.forEach(checkReachable);
  checkCount("services", services.length, SERVICES);
  checkServices(services.map(({ name }) => name));
  for (const { schemaHash } of services) checkBytes("a schema hash", schemaHash, ID_BYTES);
  const pairs = Object.entries(labels);
  checkCount("labels", pairs.length, LABELS);
  for (const [key, value] of pairs) {
    if (key === "") throw refused(`the name of a label must not be empty; its value is ${showValue(value)}`);
    checkBytes("the name of a label", key, TEXT_BYTES);
    checkBytes("the value of a label", value, TEXT_BYTES);
  }
  checkBytes("host", host, TEXT_BYTES);
  checkBytes("kit", kit, TEXT_BYTES);
  const weight = announcementWeight(announcement);
  if (weight > ANNOUNCEMENT_WEIGHT) {
    throw refused(`the announcement takes ${weight} bytes; at most ${ANNOUNCEMENT_WEIGHT} are taken`);
  }
  return weight;
}

/** @throws HeliographError INVALID_ARGUMENT, reason REGISTRATION_REFUSED, unless a service can have the name */
export function checkWatched(service: string): void {
  checkBytes("service", service, TEXT_BYTES);
}

/** What was announced is not taken, or no longer. */
export function registrationRefused(code: Code, message: string): HeliographError {
  return new HeliographError(code, message, { reason: "REGISTRATION_REFUSED" });
}

/** The registry holds as much as it may. */
export function registryFull(what: string): HeliographError {
  return registrationRefused(Code.ResourceExhausted, `this registry is full: it holds ${what}`);
}

function announcementWeight(announcement: Announcement): number {
  const { node, instance, endpoints, services, labels, host, kit } = announcement;
  const entries = [
    ...endpoints,
    ...services.map(({ name, schemaHash }) => name + schemaHash),
    ...Object.entries(labels).map(([key, value]) => key + value),
  ];
  const texts = bytesOf(node) + bytesOf(instance) + bytesOf(host) + bytesOf(kit);
  return entries.reduce((weight, text) => weight + ENTRY_WEIGHT + bytesOf(text), OBJECT_WEIGHT + texts);
}

function checkReachable(endpoint: string): void {
  checkBytes("an endpoint", endpoint, TEXT_BYTES);
  try {
    checkEndpoint(endpoint);
  } catch (error) {
    throw refused(HeliographError.from(error).rawMessage);
  }
  if (/:\*$|:\/\/\*/.test(endpoint) || /^tcp:\/\/((0\.0\.0\.0|\[[0:]+\]):|.*:0+$)/.test(endpoint)) {
    throw refused(`${showValue(endpoint)} is where a node listens, not an address that others can reach`);
  }
}

function checkServices(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === "") throw refused("the name of a service must not be empty");
    checkBytes("the name of a service", name, TEXT_BYTES);
    if (seen.has(name)) throw refused(`the service ${showValue(name)} is there twice`);
    seen.add(name);
  }
}

function checkCount(what: string, count: number, most: number): void {
  if (count > most) throw refused(`${count} ${what} are announced; at most ${most} are taken`);
}

function checkBytes(what: string, text: string, most: number): void {
  const bytes = bytesOf(text);
  if (bytes > most) throw refused(`${what} may have ${most} bytes, got ${bytes}: ${showValue(text)}`);
}

/** As UTF-8. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

function refused(message: string): HeliographError {
  return registrationRefused(Code.InvalidArgument, message);
}

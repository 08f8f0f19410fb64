import { isLocal, schemeOf } from "./endpoint.js";
import type { InstanceInfo } from "./instance.js";

/** From where endpoints are looked at. */
export interface Place {
  /** See `Announcement.host`; empty when it is not known. */
  readonly host: string;
  readonly processId: number;
}

/**
 * The instance with the endpoints that can be reached from here; the others are moved to `unreachable`. Those of
 * loopback and ipc lead to their own machine only, those of inproc to their own process. What machine an instance is on
 * may not be known: then all its endpoints count.
 *
 * @returns the same object when all can be reached
 */
export function seenFrom(info: InstanceInfo, here: Place): InstanceInfo {
  const unreachable = info.endpoints.filter((endpoint) => !reaches(endpoint, info, here));
  if (unreachable.length === 0) return info;
  const endpoints = info.endpoints.filter((endpoint) => !unreachable.includes(endpoint));
  return { ...info, endpoints, unreachable };
}

/** Why no call can reach an instance from here, and what to do; undefined when it has an endpoint that can be dialed. */
export function whyUnreachable({ endpoints, unreachable, host }: InstanceInfo): string | undefined {
  if (endpoints.length > 0) return undefined;
  if (unreachable === undefined || unreachable.length === 0) return "listens nowhere";
  const inproc = unreachable.every((endpoint) => schemeOf(endpoint) === "inproc");
  const where = inproc ? "within its own process" : `on host ${host}, where only that machine reaches it`;
  return `listens ${where} (${unreachable.join(", ")}): serve it on an endpoint that others reach, or give its node \`advertise\``;
}

/**
 * Where an endpoint of an instance is bound: two instances for which it is the same can't both listen there. Two machines
 * may well have the same address, of loopback or of a network of their own. Undefined where that can't be told.
 */
export function boundAt(endpoint: string, { host }: Pick<InstanceInfo, "host">): string | undefined {
  return host === "" && isLocal(endpoint) ? undefined : `${host} ${endpoint}`;
}

function reaches(endpoint: string, { host, processId }: InstanceInfo, here: Place): boolean {
  if (!isLocal(endpoint) || schemeOf(endpoint) === "memory" || host === "" || here.host === "") return true;
  if (host !== here.host) return false;
  return schemeOf(endpoint) !== "inproc" || processId === here.processId;
}

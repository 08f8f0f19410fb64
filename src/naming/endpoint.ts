import { invalidArgument } from "../core/error.js";
import { show } from "./option-checks.js";

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/;

/** The scheme of an endpoint, such as `tcp`; empty when there is none. */
export function schemeOf(endpoint: string): string {
  return /^([a-z]+):\/\//.exec(endpoint)?.[1] ?? "";
}

/** True when what is sent there can't leave this machine. */
export function isLocal(endpoint: string): boolean {
  if (schemeOf(endpoint) !== "tcp") return true;
  const host = /^tcp:\/\/(.*):[^:]*$/.exec(endpoint)?.[1] ?? "";
  return LOOPBACK.test(host);
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a list of at least one endpoint */
export function checkEndpoints(endpoints: readonly string[]): void {
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw invalidArgument(
      `endpoints must be a list such as ["tcp://127.0.0.1:5555"], got ${show(endpoints)}`,
    );
  }
  for (const endpoint of endpoints) checkEndpoint(endpoint);
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it begins with a scheme and, for tcp, ends with a port */
export function checkEndpoint(endpoint: unknown): void {
  if (typeof endpoint === "string" && schemeOf(endpoint) !== "") {
    if (schemeOf(endpoint) !== "tcp" || /:(\d+|\*)$/.test(endpoint)) return;
    throw invalidArgument(
      `${JSON.stringify(endpoint)} is not a tcp endpoint, for it has no port; write tcp://host:port`,
    );
  }
  throw invalidArgument(
    `${show(endpoint)} is not an endpoint: write tcp://host:port, ipc:///path or inproc://name`,
  );
}

import { invalidArgument } from "../core/error.js";
import { isLocal } from "../naming/endpoint.js";

/** How a node's connections are protected. Made by `insecure()`. */
export interface Security {
  readonly kind: "insecure";
  /** May reach other machines. */
  readonly remote: boolean;
}

/** How far connections without protection may reach. */
export interface InsecureOptions {
  /** Also bind and connect beyond this machine, where everybody on the way can read and change what is sent. Default false. */
  readonly remote?: boolean | undefined;
}

/**
 * No encryption and no authentication. Only addresses of this machine (loopback, ipc, inproc) are allowed, unless
 * `remote` says otherwise.
 */
export function insecure(options: InsecureOptions = {}): Security {
  return { kind: "insecure", remote: options.remote === true };
}

/** @throws HeliographError INVALID_ARGUMENT that names the call to make when `security` was left out */
export function checkSecurity(security: Security | undefined): Security {
  if (security?.kind !== "insecure") {
    throw invalidArgument(
      "security is required: pass security: insecure() for connections within this machine, " +
        `got ${security === undefined ? "nothing" : JSON.stringify(security)}`,
    );
  }
  return security;
}

/** @throws HeliographError INVALID_ARGUMENT when the security doesn't allow this address */
export function checkReach(security: Security, endpoint: string, verb: "listen on" | "connect to"): void {
  if (security.remote || isLocal(endpoint)) return;
  throw invalidArgument(
    `insecure() does not ${verb} ${endpoint}, which is not of this machine; ` +
      "use a loopback address such as tcp://127.0.0.1:5555, or pass insecure({ remote: true })",
  );
}

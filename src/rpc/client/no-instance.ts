import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { InstanceInfo } from "../../naming/instance.js";

/** Instances that are named in one error. */
const MOST_NAMED = 3;

/** Why a call has found nobody. */
export interface Absence {
  readonly service: string;
  /** The one that was asked for; undefined for any. */
  readonly instance: string | undefined;
  /** Somebody has said who there is. */
  readonly resolved: boolean;
  readonly failure: HeliographError | undefined;
  readonly waitedMs: number;
  readonly members: readonly { readonly info: InstanceInfo; readonly why: string }[];
}

/**
 * The error of a call that has found nobody.
 *
 * @param why see `explainAbsence`
 */
export function noInstance(path: string, why: string, cause: HeliographError | undefined): HeliographError {
  return new HeliographError(Code.Unavailable, `${path}: ${why}`, {
    reason: "NO_INSTANCE",
    notProcessed: true,
    cause,
  });
}

/** Why nobody can be called, and what to do. */
export function explainAbsence(absence: Absence): string {
  const { service, instance, resolved, failure, waitedMs, members } = absence;
  if (!resolved) {
    const why = failure === undefined ? `nobody has said so within ${waitedMs} ms` : failure.rawMessage;
    return `it is not known who serves ${service}: ${why}; start a registry (helio registry), or see helio doctor`;
  }
  if (members.length === 0) {
    const lost = failure === undefined ? "" : ` (as far as it is known: ${failure.rawMessage})`;
    if (instance !== undefined)
      return `no instance ${instance} of ${service} is known${lost}; instances go by what listInstances() gives as instance, not by the node's name`;
    return `nobody serves ${service}${lost}; start a server, or pass waitForReady: true to wait for one`;
  }
  const named = members.slice(0, MOST_NAMED).map(({ info, why }) => `${nameOf(info)}: ${why}`);
  const more = members.length > MOST_NAMED ? `; and ${members.length - MOST_NAMED} more` : "";
  const count = members.length === 1 ? "the one instance" : `none of the ${members.length} instances`;
  const verb = members.length === 1 ? "can't be called" : "can be called";
  return `${count} of ${service} ${verb}: ${named.join("; ")}${more}`;
}

function nameOf({ node, instance, endpoints }: InstanceInfo): string {
  return instance === "" ? endpoints.join(", ") : `${node} (${instance.slice(0, 8)})`;
}

/** What is true of many calls, as the error of one of them, which was not sent. */
export function ofCall(path: string, error: HeliographError): HeliographError {
  const { code, rawMessage, reason, details } = error;
  return new HeliographError(code, `${path}: ${rawMessage}`, {
    reason,
    details,
    notProcessed: true,
    cause: error,
  });
}

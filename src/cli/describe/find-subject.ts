import { Failure } from "../failure.js";
import type { Listing } from "../lookup/known-instance.js";
import { ambiguousText, describedServicesOf, findTarget, type Target } from "../lookup/target.js";
import { type MethodName, parseMethodName } from "../reflect/method-name.js";
import { findServiceName } from "../reflect/service-name.js";

/** What a word on the command line asks to be described. */
export type Subject =
  | { readonly kind: "all" }
  | { readonly kind: "member"; readonly name: MethodName }
  | { readonly kind: "nodes"; readonly target: Target }
  /** A service, by its name as it was written. */
  | { readonly kind: "service"; readonly name: string }
  /** Nothing of these; it may be a message or an enum. */
  | { readonly kind: "type"; readonly name: string };

/**
 * Finds what a word means: `Service/Method`; a node, an instance or an endpoint; a service; else a message or an enum.
 *
 * @throws UsageError for a word with a slash that is no method, Failure for one that may be several things
 */
export function findSubject(word: string | undefined, listing: Listing): Subject {
  if (word === undefined) return { kind: "all" };
  if (word.includes("/") && !word.includes("://")) return { kind: "member", name: parseMethodName(word) };
  const target = findTarget(listing.instances, word);
  if (target.kind === "ambiguous") throw new Failure(ambiguousText(word, target));
  if (target.kind === "service") return { kind: "service", name: word };
  if ("instances" in target) return { kind: "nodes", target };
  // Those of the kit are not announced.
  const isService =
    findServiceName(word, describedServicesOf(listing.instances)).kind !== "none" || word.endsWith("Service");
  return { kind: isService ? "service" : "type", name: word };
}

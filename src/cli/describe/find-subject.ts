import type { Listing } from "../lookup/known-instance.js";
import { findTarget, type Target } from "../lookup/target.js";
import { type MethodName, parseMethodName } from "../reflect/method-name.js";
import { announcedServices } from "../reflect/reflect.js";
import { findServiceName } from "../reflect/service-name.js";

/** What a word on the command line asks to be described. */
export type Subject =
  | { readonly kind: "all" }
  | { readonly kind: "member"; readonly name: MethodName }
  | { readonly kind: "nodes"; readonly target: Target }
  /** A service: its name as it was written. */
  | { readonly kind: "service"; readonly name: string }
  /** Nothing of these; it may be a message or an enum. */
  | { readonly kind: "type"; readonly name: string };

/**
 * Finds what a word means: `Service/Method`, a service that is announced, a node, an instance, an endpoint, or else a
 * message or an enum.
 *
 * @throws UsageError for a word with a slash that is neither a method nor an endpoint
 */
export function findSubject(word: string | undefined, listing: Listing): Subject {
  if (word === undefined) return { kind: "all" };
  if (word.includes("/") && !word.includes("://")) return { kind: "member", name: parseMethodName(word) };
  if (findServiceName(word, announcedServices(listing)).kind !== "none") return { kind: "service", name: word };
  const target = findTarget(listing.instances, word);
  if ("instances" in target) return { kind: "nodes", target };
  if (word.endsWith("Service")) return { kind: "service", name: word };
  return { kind: "type", name: word };
}

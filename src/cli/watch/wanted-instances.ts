import { Failure } from "../failure.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { ambiguousText, findTarget, type Named } from "../lookup/target.js";

/**
 * Which instances a name stands for, among those that are there and those that will come: what it stands for now, as for
 * `findTarget`; where that is nothing, whatever comes that it fits.
 *
 * @param name undefined for all
 * @throws Failure for a name that may be several things
 */
export function wantedInstances(
  instances: readonly KnownInstance[],
  name: string | undefined,
): (instance: Named) => boolean {
  if (name === undefined) return () => true;
  const found = findTarget(instances, name);
  switch (found.kind) {
    case "ambiguous":
      throw new Failure(ambiguousText(name, found));
    case "node":
      return ({ node }) => node === found.name;
    case "service":
    case "topic":
      return ({ services }) => services.some((service) => service.name === found.name);
    case "instance":
      return ({ instance }) => instance === found.name;
    default:
      return (instance) => findTarget([instance], name).kind !== "none";
  }
}

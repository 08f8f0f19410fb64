import { closestNames } from "../../core/closest-names.js";
import { memberName } from "../../wire/dynamic-service.js";

/** The name of an rpc, from that or from its name in TypeScript, whatever the case of its letters; else what is like it. */
export function findMethodName(
  wanted: string,
  names: readonly string[],
): string | { readonly similar: string[] } {
  const lower = wanted.toLowerCase();
  return (
    names.find((name) => name === wanted) ??
    names.find((name) => memberName(name) === wanted) ??
    names.find((name) => name.toLowerCase() === lower) ?? { similar: closestNames(wanted, names) }
  );
}

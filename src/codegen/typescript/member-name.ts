import { fieldName } from "./ts-proto.js";

/**
 * Names that mean something to the language: `await` calls `then`, JSON calls `toJSON`, and every object has those of
 * `Object.prototype`. A member of such a name gets a trailing `$`.
 */
const taken: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** The member that an rpc becomes: camel case by ts-proto's rule for fields, with a small first letter. */
export function memberName(rpc: string): string {
  const camel = fieldName(rpc) || rpc;
  const name = `${camel.charAt(0).toLowerCase()}${camel.slice(1)}`;
  return taken.has(name) ? `${name}$` : name;
}

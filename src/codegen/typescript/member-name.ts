import { methodName } from "./ts-proto.js";

/**
 * Names that mean something to the language: `await` calls `then`, JSON calls `toJSON`, and every object has those of
 * `Object.prototype`. A member of such a name gets a trailing `$`.
 */
const taken: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** The member that an rpc becomes: camel case, as ts-proto names methods. */
export function memberName(rpc: string): string {
  const name = methodName(rpc);
  return taken.has(name) ? `${name}$` : name;
}

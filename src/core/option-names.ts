import { invalidArgument } from "./error.js";

/**
 * Refuses options that don't exist, which plain JavaScript would otherwise pass over without a word.
 *
 * @param what names the function, such as `connectTo()`
 * @throws HeliographError INVALID_ARGUMENT with the name, and those that exist
 */
export function checkOptionNames(what: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalidArgument(`${what} has no option "${unknown}"; it has ${known.join(", ")}`);
  }
}

import { invalidArgument } from "./error.js";

/**
 * Refuses what is no object of options, and options that don't exist, which plain JavaScript would otherwise pass over
 * without a word.
 *
 * @param what names the function, such as `connectTo()`
 * @throws HeliographError INVALID_ARGUMENT with what was given, and the options that exist
 */
export function checkOptionNames(what: string, options: object, known: readonly string[]): void {
  // What plain JavaScript hands over may be anything.
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalidArgument(
      `the options of ${what} must be an object with ${known.join(", ")}, got ${kindOf(given)}`,
    );
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalidArgument(`${what} has no option "${unknown}"; it has ${known.join(", ")}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `the function ${value.name}`.trimEnd();
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

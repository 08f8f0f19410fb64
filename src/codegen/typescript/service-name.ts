import { reservedWords } from "./unusable-names.js";

/** What a service's value and type are called: its own name, with a trailing `$` where that is a reserved word. */
export function serviceName(name: string): string {
  return reservedWords.has(name) ? `${name}$` : name;
}

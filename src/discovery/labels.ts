import { Buffer } from "node:buffer";
import { invalidArgument } from "../core/error.js";
import { showValue } from "../wire/show-value.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
const MAX_LABELS = 64;
/** As registries take them, in UTF-8. */
const MAX_VALUE_BYTES = 256;
// What would break the line of a table, or draw on somebody's terminal.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** As `roundRobin()` reads it. */
const MAX_WEIGHT = 65_535;

/**
 * A node has at most 64 labels; their names have 1 to 63 ASCII letters, digits, `-`, `_`, `/` or `.`, of which a letter or
 * digit is the first, their values up to 256 bytes of UTF-8 without control characters. `weight` is a whole number from 0
 * to 65,535.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value and says what labels look like
 */
export function checkLabels(labels: unknown): Readonly<Record<string, string>> {
  if (labels === undefined) return {};
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw invalidArgument(`labels must be an object such as { zone: "eu-1" }, got ${showValue(labels)}`);
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS)
    throw invalidArgument(`a node has at most ${MAX_LABELS} labels, got ${entries.length}`);
  for (const [name, value] of entries) {
    if (!NAME.test(name))
      throw invalidArgument(
        `the name of a label has 1 to 63 letters, digits, "-", "_", "/" or ".", and begins with a letter or digit, got ${showValue(name)}`,
      );
    if (typeof value !== "string" || Buffer.byteLength(value) > MAX_VALUE_BYTES)
      throw invalidArgument(
        `the label ${name} must be a text of at most ${MAX_VALUE_BYTES} bytes, got ${showValue(value)}`,
      );
    if (CONTROL.test(value))
      throw invalidArgument(
        `the label ${name} must be one line without control characters, got ${showValue(value)}`,
      );
    if (name === "weight" && !(/^\d{1,5}$/.test(value) && Number(value) <= MAX_WEIGHT))
      throw invalidArgument(
        `the label weight must be a whole number from 0 to ${MAX_WEIGHT}, by which roundRobin() spreads calls, got ${showValue(value)}`,
      );
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

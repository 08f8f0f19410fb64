import { Buffer } from "node:buffer";
import { invalidArgument } from "../core/error.js";
import { showValue } from "../wire/show-value.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
const MAX_LABELS = 64;
/** As registries take them, in UTF-8. */
const MAX_VALUE_BYTES = 256;

/** @throws HeliographError INVALID_ARGUMENT that quotes the value and says what labels look like */
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
        `the name of a label has 1 to 63 letters, digits, "-", "_", "/" or ".", got ${showValue(name)}`,
      );
    if (typeof value !== "string" || Buffer.byteLength(value) > MAX_VALUE_BYTES)
      throw invalidArgument(
        `the label ${name} must be a text of at most ${MAX_VALUE_BYTES} bytes, got ${showValue(value)}`,
      );
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

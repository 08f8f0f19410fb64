import { HeliographError } from "../../core/error.js";
import { checkPattern, escapeLevel } from "../../naming/subject.js";
import type { Topic } from "../../wire/definition.js";
import { propertyName } from "../../wire/message-shape.js";
import { UsageError } from "../failure.js";

/**
 * The pattern of the subjects whose keys have these values, each given as `field=value`; a field that is left out may have
 * any. Undefined without values: all subjects.
 *
 * @throws UsageError that quotes what can't be used
 */
export function keyPattern(topic: Topic, values: readonly string[]): string | undefined {
  if (values.length === 0) return undefined;
  const given = new Map(values.map((text) => readValue(topic, text)));
  const levels = topic.key.map((level) => {
    if (level.kind === "literal") return escapeLevel(level.text);
    const value = given.get(level.field);
    return value === undefined ? "*" : escapeLevel(value);
  });
  return checkedPattern("--key", levels.join("/"));
}

/** @throws UsageError that names the option */
export function checkedPattern(option: string, pattern: string): string {
  try {
    return checkPattern(pattern);
  } catch (error) {
    throw new UsageError(`${option}: ${HeliographError.from(error).rawMessage}`);
  }
}

function readValue(topic: Topic, text: string): readonly [field: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--key ${JSON.stringify(text)}: write it as field=value`);
  const name = text.slice(0, at);
  const value = text.slice(at + 1);
  const fields = topic.key.flatMap((level) => (level.kind === "field" ? [level] : []));
  const found = fields.find(({ field }) => field === name || field === propertyName(name));
  if (found === undefined) {
    const there =
      fields.length === 0 ? "it has none" : `there is ${fields.map(({ field }) => field).join(", ")}`;
    throw new UsageError(
      `--key ${JSON.stringify(text)}: ${topic.path} has no ${JSON.stringify(name)} in its key; ${there}`,
    );
  }
  const { field, type } = found;
  if (type === "integer" && !/^-?\d+$/.test(value))
    throw new UsageError(`--key ${JSON.stringify(text)}: ${field} is an integer`);
  if (type === "bool" && value !== "true" && value !== "false")
    throw new UsageError(`--key ${JSON.stringify(text)}: ${field} is true or false`);
  return [field, type === "integer" ? String(BigInt(value)) : value];
}

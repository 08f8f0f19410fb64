import { invalidArgument } from "../core/error.js";
import { checkPattern, escapeLevel, levelsOf } from "../naming/subject.js";
import type { KeyLevel, Topic } from "../wire/definition.js";
import { type EnumShape, shapesOf } from "../wire/message-shape.js";
import { showValue } from "../wire/show-value.js";

/** What stands for the fields of a topic's key, by the fields' names in TypeScript. */
export type Key = Readonly<Record<string, string | number | bigint | boolean>>;

/** The key of a topic whose messages are `T`: those of its fields that the subject is made of. */
export type KeyOf<T, Field extends string> = Pick<T, Field & keyof T>;

type FieldLevel = Extract<KeyLevel, { kind: "field" }>;

/** How the subjects of one topic are made from messages, and keys from subjects. */
export class TopicKey {
  /** The one field that the subject depends on, where it is one: its values tell subjects apart. */
  readonly onlyField: string | undefined;
  private readonly topic: Topic;
  private readonly fields: readonly FieldLevel[];

  constructor(topic: Topic) {
    this.topic = topic;
    this.fields = topic.key.filter((level) => level.kind === "field");
    const [first, ...others] = this.fields;
    this.onlyField = others.length === 0 ? first?.field : undefined;
  }

  /** Whether all messages have one subject. */
  get isConstant(): boolean {
    return this.fields.length === 0;
  }

  /** @param message a whole message of the topic */
  subjectOf(message: unknown): string {
    const values = message as Readonly<Record<string, unknown>>;
    let subject = "";
    for (const level of this.topic.key) {
      const text = level.kind === "literal" ? level.text : this.textOf(level, values[level.field]);
      subject = subject === "" ? escapeLevel(text) : `${subject}/${escapeLevel(text)}`;
    }
    return subject;
  }

  /**
   * The pattern of the subjects whose keys have these values; a field that is left out may have any.
   *
   * @throws HeliographError INVALID_ARGUMENT for a field that the key doesn't have, or a value of another type
   */
  patternOf(key: Key): string {
    for (const name of Object.keys(key)) {
      if (this.fields.some(({ field }) => field === name)) continue;
      const known = this.fields.map(({ field }) => field);
      throw invalidArgument(
        `${this.topic.path} has no ${JSON.stringify(name)} in its key; ${known.length === 0 ? "it has none" : `there is ${known.join(", ")}`}`,
      );
    }
    const levels = this.topic.key.map((level) => {
      if (level.kind === "literal") return escapeLevel(level.text);
      const value = key[level.field];
      return value === undefined ? "*" : escapeLevel(this.textOf(level, value));
    });
    return checkPattern(levels.join("/"));
  }

  /** The values of the key's fields, as a message would have them. Empty when the subject is not one of this topic. */
  keyOf(subject: string): Key {
    const texts = levelsOf(subject);
    const key: Record<string, string | number | bigint | boolean> = {};
    if (texts.length !== this.topic.key.length) return key;
    for (const [index, level] of this.topic.key.entries()) {
      if (level.kind === "field") key[level.field] = this.valueOf(level, texts[index]!);
    }
    return key;
  }

  private textOf({ field, type }: FieldLevel, value: unknown): string {
    const wanted =
      type === "integer" || type === "enum" ? ["number", "bigint"] : [type === "bool" ? "boolean" : "string"];
    if (!wanted.includes(typeof value))
      throw invalidArgument(
        `${this.topic.path}: ${field} is part of the key and must be ${article(type)}, got ${showValue(value)}`,
      );
    if (type === "string" && !(value as string).isWellFormed())
      throw invalidArgument(
        `${this.topic.path}: ${field} is part of the key and holds half a surrogate pair`,
      );
    if (type !== "enum") return String(value);
    return this.enumOf(field)?.byNumber.get(Number(value)) ?? String(value);
  }

  private valueOf({ field, type }: FieldLevel, text: string): string | number | bigint | boolean {
    if (type === "string") return text;
    if (type === "bool") return text === "true";
    if (type === "enum") return this.enumOf(field)?.byName.get(text) ?? Number(text);
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }

  private enumOf(property: string): EnumShape | undefined {
    const { messages, enums } = shapesOf(this.topic.schema);
    const fields = messages.get(this.topic.output.$type)?.fields.values() ?? [];
    const field = [...fields].find((each) => each.property === property);
    return field && enums.get(field.typeName);
  }
}

function article(type: FieldLevel["type"]): string {
  if (type === "integer") return "an integer";
  if (type === "enum") return "a number of its enum";
  return type === "bool" ? "true or false" : "a string";
}

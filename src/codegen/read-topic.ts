import { type DescField, type DescMessage, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import type { KeyLevel, KeyType, MemberFacts, TopicMember } from "./model.js";
import type { Location, Report } from "./problem.js";
import type { MethodOption } from "./read-options.js";

/** A topic: a server stream of what is published, asked for with a message without fields. */
export function readTopic(
  method: DescMethod,
  facts: MemberFacts,
  option: Extract<MethodOption, { name: "topic" }>,
  report: Report,
): TopicMember | undefined {
  if (method.methodKind !== "server_streaming") {
    report(
      option.where(),
      `topic ${method.name} is not a server stream`,
      `write rpc ${method.name}(google.protobuf.Empty) returns (stream ${method.output.name})`,
    );
  }
  if (method.input.fields.length > 0) {
    report(
      facts.where,
      `topic ${method.name} takes ${method.input.typeName}, which has fields`,
      "take google.protobuf.Empty or a message without fields: subscribers choose by key",
    );
  }
  const keyTemplate = option.value.key;
  const key = readKey(keyTemplate, method.output, option.where("key"), report);
  return key && { ...facts, kind: "topic", keyTemplate, key };
}

function readKey(
  template: string,
  message: DescMessage,
  where: Location,
  report: Report,
): KeyLevel[] | undefined {
  if (template === "") return [];
  const levels = template.split("/").map((text) => readLevel(text, template, message, where, report));
  const read = levels.filter((level) => level !== undefined);
  return read.length === levels.length ? read : undefined;
}

function readLevel(
  text: string,
  template: string,
  message: DescMessage,
  where: Location,
  report: Report,
): KeyLevel | undefined {
  const refuse = (what: string, fix: string): undefined => {
    report(where, `key "${template}" ${what}`, fix);
  };
  if (text === "") return refuse("has an empty level", "put text or {field} between the slashes");
  const name = /^\{(\w+)\}$/.exec(text)?.[1];
  if (name === undefined) {
    if (/[{}]/.test(text)) {
      return refuse(
        `mixes text and field in the level "${text}"`,
        "make each level either text or one {field}",
      );
    }
    if (text.includes("*")) return refuse(`has a wildcard in the level "${text}"`, "use another character");
    return { kind: "literal", text };
  }
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined)
    return refuse(`names {${name}}, which ${message.typeName} does not have`, among(message));
  const type = keyType(field);
  if (type === undefined) return refuse(`names {${name}}, which is ${describe(field)}`, among(message));
  return { kind: "field", field, type };
}

/** A field whose value may be absent can't be a key: every published message must have a subject. */
function keyType(field: DescField): KeyType | undefined {
  if (field.oneof !== undefined || field.proto.proto3Optional) return undefined;
  if (field.fieldKind === "enum") return "enum";
  if (field.fieldKind !== "scalar") return undefined;
  switch (field.scalar) {
    case ScalarType.STRING:
      return "string";
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.BYTES:
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return undefined;
    default:
      return "integer";
  }
}

function describe(field: DescField): string {
  if (field.fieldKind === "list") return "repeated";
  if (field.fieldKind === "map") return "a map";
  if (field.fieldKind === "message") return `a message (${field.message.typeName})`;
  if (field.oneof !== undefined) return `in the oneof ${field.oneof.name}`;
  if (field.proto.proto3Optional) return "optional";
  return field.fieldKind === "scalar"
    ? `of type ${ScalarType[field.scalar].toLowerCase()}`
    : "of another type";
}

function among(message: DescMessage): string {
  const names = message.fields.filter((field) => keyType(field) !== undefined).map(({ name }) => `{${name}}`);
  const choice = names.length === 0 ? `${message.typeName} has none` : `here: ${names.join(", ")}`;
  return `name a string, integer, bool or enum field outside any oneof (${choice})`;
}

import type { DescMessage } from "@bufbuild/protobuf";
import type { ActionMember, KeyLevel, Member, MethodKind, Policy, Resumable, Service } from "../model.js";
import { docComment } from "./doc-comment.js";
import { memberName } from "./member-name.js";
import { fieldName } from "./ts-proto.js";

/** Gives the local name of an imported message, or of a type of the runtime. */
export interface Names {
  message(message: DescMessage): string;
  runtime(type: string): string;
}

const methodTypes: Readonly<Record<MethodKind, string>> = {
  unary: "UnaryMethod",
  "server-stream": "ServerStreamMethod",
  "client-stream": "ClientStreamMethod",
  "bidi-stream": "BidiStreamMethod",
};

/**
 * One member of a service's value: a property whose value is the definition, with its type.
 *
 * @param schema the constant with the service's schema. It follows the service, since nobody wants to read it, so
 *   members look it up when they are asked.
 */
export function emitMember(member: Member, service: Service, schema: string, names: Names): string {
  const input = names.message(member.input);
  const output = names.message(member.output);
  const properties = [
    `kind: "${member.kind}"`,
    `service: "${service.fullName}"`,
    `name: "${member.name}"`,
    `path: "${member.path}"`,
    `input: ${input}`,
    `output: ${output}`,
    ...(member.deprecated ? ["deprecated: true"] : []),
    ...ownProperties(member, names),
    `get schema(): string {\n      return ${schema};\n    }`,
  ];
  const lines = properties.map((property) => `    ${property},\n`).join("");
  const comment = docComment(member.comment, member.deprecated, "  ");
  return `${comment}  ${memberName(member.name)}: {\n${lines}  } as ${typeOf(member, input, output, names)},\n`;
}

function ownProperties(member: Member, names: Names): string[] {
  switch (member.kind) {
    case "topic":
      return [`key: ${emitKey(member.key)}`];
    case "pipeline":
      return [`acknowledged: ${member.acknowledged}`];
    case "action":
      return [
        `feedback: ${feedbackOf(member, names)}`,
        `result: ${names.message(member.result)}`,
        `policy: ${emitPolicy(member.policy)}`,
        `retentionMs: ${emitNumber(member.retentionMs)}`,
      ];
    default:
      return [
        `idempotency: "${member.idempotency}"`,
        ...(member.resumable ? [`resumable: ${emitResumable(member.resumable)}`] : []),
      ];
  }
}

function typeOf(member: Member, input: string, output: string, names: Names): string {
  switch (member.kind) {
    case "topic":
      return `${names.runtime("Topic")}<${output}, ${keyFields(member.key)}>`;
    case "pipeline":
      return `${names.runtime("Pipeline")}<${input}, ${output}>`;
    case "action": {
      const feedback = member.feedback === undefined ? "never" : names.message(member.feedback);
      return `${names.runtime("Action")}<${input}, ${feedback}, ${names.message(member.result)}>`;
    }
    default:
      return `${names.runtime(methodTypes[member.kind])}<${input}, ${output}>`;
  }
}

function feedbackOf({ feedback }: ActionMember, names: Names): string {
  return feedback === undefined ? "undefined" : names.message(feedback);
}

function emitKey(key: readonly KeyLevel[]): string {
  const levels = key.map((level) =>
    level.kind === "literal"
      ? `{ kind: "literal", text: ${JSON.stringify(level.text)} }`
      : `{ kind: "field", field: "${fieldName(level.field.name)}", type: "${level.type}" }`,
  );
  if (levels.length < 2) return `[${levels.join()}]`;
  return `[\n${levels.map((level) => `      ${level},\n`).join("")}    ]`;
}

/** The fields of the key, as a type. */
function keyFields(key: readonly KeyLevel[]): string {
  const fields = key.flatMap((level) =>
    level.kind === "field" ? [JSON.stringify(fieldName(level.field.name))] : [],
  );
  return [...new Set(fields)].join(" | ") || "never";
}

function emitPolicy(policy: Policy): string {
  switch (policy.kind) {
    case "queue":
      return `{ kind: "queue", size: ${policy.size} }`;
    case "parallel":
      return `{ kind: "parallel", max: ${policy.max} }`;
    case "refuse":
    case "preempt":
      return `{ kind: "${policy.kind}" }`;
  }
}

function emitResumable({ retentionMs, windowMessages, windowBytes }: Resumable): string {
  const numbers = [
    `retentionMs: ${emitNumber(retentionMs)}`,
    `windowMessages: ${emitNumber(windowMessages)}`,
    `windowBytes: ${emitNumber(windowBytes)}`,
  ];
  return `{ ${numbers.join(", ")} }`;
}

function emitNumber(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, "_");
}

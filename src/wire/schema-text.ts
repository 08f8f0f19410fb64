import type { DescEnum, DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { ActionPolicy, Idempotency, Resumable, ServiceDefinition } from "./definition.js";
import { typeText } from "./schema-fields.js";
import { readMember, type SchemaMember } from "./schema-member.js";
import { readSchema, requireService } from "./schema-registry.js";

/** A message or an enum of a schema. */
export type SchemaType = DescMessage | DescEnum;

/**
 * A service as its `.proto` has it: its package, its rpcs with their options, and the messages and enums that these
 * reach, but for google.protobuf's own. Names of the same package stand without it, and defaults of the kit's options
 * are filled in. Comments are not there: schemas don't keep them.
 *
 * @throws HeliographError INTERNAL, reason SCHEMA_UNREADABLE
 */
export function describeService(service: Pick<ServiceDefinition, "$service" | "$schema">): string {
  const whose = `the schema of ${service.$service}`;
  return serviceText(requireService(readSchema(service.$schema, whose), service.$service, whose));
}

/** A service, and the types that it reaches. */
export function serviceText(service: DescService): string {
  const scope = service.file.proto.package;
  const methods = service.methods.flatMap((method) => methodLines(method, scope));
  const body =
    methods.length === 0 ? [`service ${service.name} {}`] : block(`service ${service.name}`, methods);
  const types = reachedTypes(service.methods.flatMap(({ input, output }) => [input, output]));
  return paragraphs([scope === "" ? [] : [`package ${scope};`], body, ...typeBlocks(types, scope)]);
}

/** The full name of a service, and a line for each rpc: what there is, without options and types. */
export function serviceOutline(service: DescService): string {
  const scope = service.file.proto.package;
  return [service.typeName, ...service.methods.map((method) => `  ${outlineLine(method, scope)}`)].join("\n");
}

/** One rpc, and the types that it reaches. */
export function methodText(method: DescMethod): string {
  const scope = method.parent.file.proto.package;
  const types = reachedTypes([method.input, method.output]);
  return paragraphs([methodLines(method, scope), ...typeBlocks(types, scope)]);
}

/** A message or an enum, and the types that it reaches. */
export function schemaTypeText(type: SchemaType): string {
  return paragraphs(
    typeBlocks([type, ...reachedTypes([type]).filter((other) => other !== type)], type.file.proto.package),
  );
}

/** The types that some types lead to, and these themselves; not google.protobuf's own. */
export function reachedTypes(roots: readonly SchemaType[]): SchemaType[] {
  const reached = new Set(roots);
  // A set hands out what is added while it is walked.
  for (const type of reached) {
    if (type.kind === "enum" || isProtobufs(type)) continue;
    for (const { message, enum: enumeration } of type.fields) {
      const next = message ?? enumeration;
      if (next !== undefined) reached.add(next);
    }
  }
  return [...reached].filter((type) => !isProtobufs(type));
}

function isProtobufs({ typeName }: SchemaType): boolean {
  return typeName.startsWith("google.protobuf.");
}

function outlineLine(method: DescMethod, scope: string): string {
  const { kind } = readMember(method);
  const isPattern = kind === "topic" || kind === "pipeline" || kind === "action";
  return `${methodHead(method, scope)};${isPattern ? ` // ${kind}` : ""}`;
}

function methodHead(method: DescMethod, scope: string): string {
  const { clientStreaming, serverStreaming } = method.proto;
  const input = `${clientStreaming ? "stream " : ""}${within(scope, method.input.typeName)}`;
  const output = `${serverStreaming ? "stream " : ""}${within(scope, method.output.typeName)}`;
  return `rpc ${method.name}(${input}) returns (${output})`;
}

function methodLines(method: DescMethod, scope: string): string[] {
  const head = methodHead(method, scope);
  const options = [
    ...(method.deprecated ? ["option deprecated = true;"] : []),
    ...memberOptions(readMember(method)).map((option) => `option ${option};`),
  ];
  return options.length === 0 ? [`${head};`] : block(head, options);
}

function memberOptions(member: SchemaMember): string[] {
  switch (member.kind) {
    case "topic":
      return [kitOption("topic", member.template === "" ? [] : [`key: ${JSON.stringify(member.template)}`])];
    case "pipeline":
      return [kitOption("pipeline", member.acknowledged ? ["acknowledged: true"] : [])];
    case "action":
      return [kitOption("action", [...policyFields(member.policy), `retention_ms: ${member.retentionMs}`])];
    default:
      return [
        ...idempotencyOption(member.idempotency),
        ...(member.resumable === undefined
          ? []
          : [kitOption("resumable", resumableFields(member.resumable))]),
      ];
  }
}

function idempotencyOption(idempotency: Idempotency): string[] {
  if (idempotency === "unknown") return [];
  return [`idempotency_level = ${idempotency === "idempotent" ? "IDEMPOTENT" : "NO_SIDE_EFFECTS"}`];
}

function policyFields(policy: ActionPolicy): string[] {
  switch (policy.kind) {
    case "queue":
      return ["policy: POLICY_QUEUE", `queue_size: ${policy.size}`];
    case "parallel":
      return ["policy: POLICY_PARALLEL", `max_parallel: ${policy.max}`];
    case "preempt":
      return ["policy: POLICY_PREEMPT"];
    case "refuse":
      return ["policy: POLICY_REFUSE"];
  }
}

function resumableFields({ retentionMs, windowMessages, windowBytes }: Resumable): string[] {
  return [
    `retention_ms: ${retentionMs}`,
    `window_messages: ${windowMessages}`,
    `window_bytes: ${windowBytes}`,
  ];
}

function kitOption(name: string, fields: readonly string[]): string {
  return `(heliograph.options.v1.${name}) = ${fields.length === 0 ? "{}" : `{ ${fields.join(" ")} }`}`;
}

function typeBlocks(types: readonly SchemaType[], scope: string): string[][] {
  return types.map((type) => {
    const head = `${type.kind} ${within(scope, type.typeName)}`;
    const lines =
      type.kind === "enum"
        ? type.values.map(({ name, number }) => `${name} = ${number};`)
        : messageLines(type, scope);
    return lines.length === 0 ? [`${head} {}`] : block(head, lines);
  });
}

function messageLines(message: DescMessage, scope: string): string[] {
  return message.members.flatMap((member) =>
    member.kind === "field"
      ? [fieldLine(member, scope)]
      : block(
          `oneof ${member.name}`,
          member.fields.map((field) => fieldLine(field, scope)),
        ),
  );
}

function fieldLine(field: DescField, scope: string): string {
  const presence = field.proto.proto3Optional ? "optional " : "";
  const unpacked = field.proto.options?.packed === false && field.fieldKind === "list";
  const type = typeText(field, (name) => within(scope, name));
  return `${presence}${type} ${field.name} = ${field.number}${unpacked ? " [packed = false]" : ""};`;
}

function within(scope: string, typeName: string): string {
  return scope !== "" && typeName.startsWith(`${scope}.`) ? typeName.slice(scope.length + 1) : typeName;
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), "}"];
}

function paragraphs(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

import { Buffer } from "node:buffer";
import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";
import { messageOf } from "../core/error.js";
import type { KeyLevel, Member, MessageType, ServiceDefinition } from "./definition.js";
import { DynamicTypes } from "./dynamic-type.js";
import { type MessageShapes, propertyName, shapesOf } from "./message-shape.js";
import { readMember } from "./schema-member.js";
import { readSchema, requireService, type SchemaSource, unreadable } from "./schema-registry.js";

/**
 * A service that is known at run time only. Its members have the names that generated code would give them, in camel
 * case; which of them there are, and of which kind, is to be looked up.
 */
export interface DynamicService extends ServiceDefinition {
  readonly [member: string]: Member | string;
}

/**
 * Makes of a descriptor set what the generator would make of its `.proto`, so that `createClient` and `serve` take any
 * service: methods of all kinds, topics, pipelines and actions. Messages have the form of generated code, see
 * `DynamicMessage`; `service.greet.input.fromJSON({ … })` makes one of ProtoJSON, and refuses names that the message
 * doesn't have.
 *
 * Encoding and decoding go by the descriptors, which takes two to three times as long as generated code.
 *
 * @param schema a `google.protobuf.FileDescriptorSet`, as bytes or in base64: of a peer's `NodeService.Schema`, of
 *   `buf build`, or `$schema` of a service
 * @throws HeliographError INVALID_ARGUMENT when it has no such service; INTERNAL, reason SCHEMA_UNREADABLE, when it is
 *   damaged, incomplete, larger than 1 MiB, or has messages that are not of proto3
 */
export function dynamicService(schema: SchemaSource, service: string): DynamicService {
  const found = requireService(readSchema(schema, "the schema"), service, "the schema");
  refuseOldMessages(found);
  const base64 = typeof schema === "string" ? schema : Buffer.from(schema).toString("base64");
  const types = new DynamicTypes(readShapes(base64));
  const members = new Map<string, Member>();
  for (const method of found.methods) {
    members.set(freeName(memberName(method.name), members), makeMember(method, types, base64));
  }
  return Object.fromEntries<Member | string>([
    ...members,
    ["$service", found.typeName],
    ["$schema", base64],
  ]) as DynamicService;
}

function readShapes(base64: string): MessageShapes {
  try {
    return shapesOf(base64);
  } catch (thrown) {
    throw unreadable("the schema", messageOf(thrown), thrown);
  }
}

function makeMember(method: DescMethod, types: DynamicTypes, schema: string): Member {
  const read = readMember(method);
  const facts = {
    service: method.parent.typeName,
    name: method.name,
    path: `${method.parent.typeName}/${method.name}`,
    input: types.of(method.input.typeName) as MessageType,
    output: types.of(method.output.typeName) as MessageType,
    ...(method.deprecated ? { deprecated: true } : {}),
    schema,
  };
  switch (read.kind) {
    case "topic":
      return { kind: "topic", ...facts, key: read.key.map(withoutNumber) };
    case "pipeline":
      return { kind: "pipeline", ...facts, acknowledged: read.acknowledged };
    case "action":
      return {
        kind: "action",
        ...facts,
        feedback: read.feedback && (types.of(read.feedback.typeName) as MessageType),
        result: types.of(read.result.typeName) as MessageType,
        policy: read.policy,
        retentionMs: read.retentionMs,
      };
    case "server-stream": {
      const { kind, idempotency, resumable } = read;
      return { kind, ...facts, idempotency, ...(resumable === undefined ? {} : { resumable }) };
    }
    default:
      return { kind: read.kind, ...facts, idempotency: read.idempotency };
  }
}

function withoutNumber(level: KeyLevel): KeyLevel {
  if (level.kind === "literal") return level;
  return { kind: "field", field: level.field, type: level.type };
}

/** As for the generator: what is said about presence and enums in other files is not what the codecs do. */
function refuseOldMessages(service: DescService): void {
  const reached = new Set<DescMessage>(service.methods.flatMap(({ input, output }) => [input, output]));
  for (const message of reached) {
    if (message.file.edition !== Edition.EDITION_PROTO3) {
      throw unreadable("the schema", `${message.typeName} of ${message.file.proto.name} is not of proto3`);
    }
    for (const field of message.fields) if (field.message !== undefined) reached.add(field.message);
  }
}

/** Names that mean something to the language; the generator's own list. */
const taken: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** The member that the generator makes of an rpc. */
export function memberName(rpc: string): string {
  const camel = propertyName(rpc) || rpc;
  const name = `${camel.charAt(0).toLowerCase()}${camel.slice(1)}`;
  return taken.has(name) ? `${name}$` : name;
}

/** The generator refuses rpcs that become the same member; a peer may have them all the same. */
function freeName(name: string, members: ReadonlyMap<string, Member>): string {
  let free = name;
  while (members.has(free)) free += "$";
  return free;
}

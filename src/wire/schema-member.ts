import { Buffer } from "node:buffer";
import { type DescField, type DescMessage, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Action, Pipeline, Policy, Resumable, Topic } from "../gen/heliograph/options/v1/options.js";
import type {
  ActionPolicy,
  Idempotency,
  KeyLevel,
  Method,
  Resumable as ResumableTimes,
} from "./definition.js";
import { propertyName } from "./message-shape.js";

/** What an rpc and the kit's options on it make: the kind of member, and what belongs to that kind. */
export type SchemaMember =
  | {
      readonly kind: Method["kind"];
      readonly idempotency: Idempotency;
      /** Of server streams only. */
      readonly resumable: ResumableTimes | undefined;
    }
  | { readonly kind: "topic"; readonly template: string; readonly key: readonly TopicLevel[] }
  | { readonly kind: "pipeline"; readonly acknowledged: boolean }
  | {
      readonly kind: "action";
      readonly feedback: DescMessage | undefined;
      readonly result: DescMessage;
      readonly policy: ActionPolicy;
      readonly retentionMs: number;
    };

/** A level of a topic's key, and the field that it names. */
export type TopicLevel = KeyLevel & { readonly number?: number };

/** Field numbers of heliograph/options/v1/options.proto. */
const TOPIC = 51701;
const PIPELINE = 51702;
const ACTION = 51703;
const RESUMABLE = 51704;

// What the generator fills in for what an option leaves out.
const ACTION_RETENTION_MS = 15 * 60_000;
const STREAM_RETENTION_MS = 30_000;
const WINDOW_MESSAGES = 1_024;
const WINDOW_BYTES = 1_048_576;

/**
 * Reads the kit's options of an rpc. Those that the generator would refuse, such as an action without a result, count
 * as if they were not there: then it is a method.
 */
export function readMember(method: DescMethod): SchemaMember {
  return readTopic(method) ?? readPipeline(method) ?? readAction(method) ?? readMethod(method);
}

function readMethod(method: DescMethod): SchemaMember {
  const kind = kinds[method.methodKind];
  return {
    kind,
    idempotency: idempotencies[method.idempotency] ?? "unknown",
    resumable: kind === "server-stream" ? readResumable(method) : undefined,
  };
}

const kinds = {
  unary: "unary",
  server_streaming: "server-stream",
  client_streaming: "client-stream",
  bidi_streaming: "bidi-stream",
} as const;

const idempotencies: Readonly<Record<number, Idempotency>> = {
  [MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS]: "no-side-effects",
  [MethodOptions_IdempotencyLevel.IDEMPOTENT]: "idempotent",
};

function readResumable(method: DescMethod): ResumableTimes | undefined {
  const option = readOption(method, RESUMABLE, Resumable);
  return (
    option && {
      retentionMs: option.retentionMs || STREAM_RETENTION_MS,
      windowMessages: option.windowMessages || WINDOW_MESSAGES,
      windowBytes: Number(option.windowBytes) || WINDOW_BYTES,
    }
  );
}

function readTopic(method: DescMethod): SchemaMember | undefined {
  const option = readOption(method, TOPIC, Topic);
  if (option === undefined || method.methodKind !== "server_streaming") return undefined;
  const levels = option.key === "" ? [] : option.key.split("/").map((text) => readLevel(text, method.output));
  const key = levels.filter((level) => level !== undefined);
  return key.length === levels.length ? { kind: "topic", template: option.key, key } : undefined;
}

function readLevel(text: string, message: DescMessage): TopicLevel | undefined {
  const name = /^\{(\w+)\}$/.exec(text)?.[1];
  if (name === undefined) return { kind: "literal", text };
  const field = fieldsByName(message).get(name);
  const type = field && keyType(field);
  return type && { kind: "field", field: propertyName(name), type, number: field.number };
}

function keyType(field: DescField): Extract<KeyLevel, { kind: "field" }>["type"] | undefined {
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

function readPipeline(method: DescMethod): SchemaMember | undefined {
  const option = readOption(method, PIPELINE, Pipeline);
  if (option === undefined || method.methodKind !== "unary") return undefined;
  return { kind: "pipeline", acknowledged: option.acknowledged };
}

function readAction(method: DescMethod): SchemaMember | undefined {
  const option = readOption(method, ACTION, Action);
  if (option === undefined) return undefined;
  const unary = method.methodKind === "unary";
  if (!unary && method.methodKind !== "server_streaming") return undefined;
  const result = unary ? method.output : fieldMessage(method.output, "result");
  if (result === undefined) return undefined;
  return {
    kind: "action",
    feedback: unary ? undefined : fieldMessage(method.output, "feedback"),
    result,
    policy: policyOf(option),
    retentionMs: option.retentionMs || ACTION_RETENTION_MS,
  };
}

function fieldMessage(message: DescMessage, name: string): DescMessage | undefined {
  return fieldsByName(message).get(name)?.message;
}

const byName = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** Found once for all levels of all keys: a peer's schema may have very many of them. */
function fieldsByName(message: DescMessage): ReadonlyMap<string, DescField> {
  let fields = byName.get(message);
  if (fields === undefined) {
    fields = new Map(message.fields.map((field) => [field.name, field]));
    byName.set(message, fields);
  }
  return fields;
}

function policyOf({ policy, queueSize, maxParallel }: Action): ActionPolicy {
  if (policy === Policy.POLICY_QUEUE) return { kind: "queue", size: queueSize };
  if (policy === Policy.POLICY_PREEMPT) return { kind: "preempt" };
  if (policy === Policy.POLICY_PARALLEL) return { kind: "parallel", max: maxParallel };
  return { kind: "refuse" };
}

interface OptionType<T> {
  decode(input: Uint8Array): T;
}

/** The registry knows no extensions, so the kit's options are among the unknown fields. */
function readOption<T>(method: DescMethod, number: number, type: OptionType<T>): T | undefined {
  const given = method.proto.options?.$unknown?.filter(({ no, wireType }) => no === number && wireType === 2);
  if (given === undefined || given.length === 0) return undefined;
  try {
    // Given in parts, a message is all of them in a row.
    return type.decode(Buffer.concat(given.map(({ data }) => new BinaryReader(data).bytes())));
  } catch {
    return undefined;
  }
}

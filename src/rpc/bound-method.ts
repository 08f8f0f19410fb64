import { invalidArgument } from "../core/error.js";
import { codecs } from "../wire/codec.js";
import type { Method, ServiceDefinition, UnaryMethod } from "../wire/definition.js";
import { FrameField } from "../wire/frame.js";
import { MessageWriter } from "../wire/message-writer.js";
import type { PayloadCodec, PayloadType } from "../wire/payload-codec.js";
import { showValue } from "../wire/show-value.js";

/** A method with all that its calls have in common. */
export interface BoundMethod<M extends Method = UnaryMethod> {
  readonly definition: M;
  readonly path: string;
  readonly codec: PayloadCodec;
  readonly input: PayloadType;
  readonly output: PayloadType;
  /** The fields of REQUEST that are the same in each call, encoded. */
  readonly requestFields: Uint8Array;
}

/** Makes what the calls of a method share. */
export function bindMethod<M extends Method>(definition: M, codec: PayloadCodec): BoundMethod<M> {
  const writer = new MessageWriter();
  writer.tag(FrameField.method, 2).string(definition.path);
  writer.tag(FrameField.codec, 0).uint32(codec.id);
  if (definition.kind === "unary" || definition.kind === "server-stream")
    writer.tag(FrameField.endStream, 0).bool(true);
  return {
    definition,
    path: definition.path,
    codec,
    input: { message: definition.input, schema: definition.schema, role: "request" },
    output: { message: definition.output, schema: definition.schema, role: "response" },
    requestFields: Uint8Array.from(writer.take()),
  };
}

const alone = new WeakMap<UnaryMethod, BoundMethod>();

/**
 * For functions that take one method, without a client of its service: in protobuf, and made once per method.
 *
 * @param usage how to call that function, such as `notify(connection, GreeterService.greet, request)`
 * @throws HeliographError INVALID_ARGUMENT unless it is a unary method of a generated service
 */
export function bindUnary(method: UnaryMethod, usage: string): BoundMethod {
  if (!isMethod(method)) {
    throw invalidArgument(
      `the second argument must be a unary method of a generated service, as in ${usage}, got ${showValue(method)}`,
    );
  }
  if (method.kind !== "unary") {
    const { path, kind } = method as Method;
    throw invalidArgument(`${path} is ${kind}, and only unary methods can be called so, as in ${usage}`);
  }
  let bound = alone.get(method);
  if (bound === undefined) {
    bound = bindMethod(method, codecs.protobuf);
    alone.set(method, bound);
  }
  return bound;
}

/** @throws HeliographError INVALID_ARGUMENT unless it is a generated service */
export function checkService(service: ServiceDefinition, usage: string): void {
  if (typeof service?.$service === "string") return;
  throw invalidArgument(
    `the second argument must be a generated service, as in ${usage}, got ${showValue(service)}`,
  );
}

/** The members of a service that are called, by their names in TypeScript. */
export function methodsOf(service: ServiceDefinition): [string, Method][] {
  const methods: [string, Method][] = [];
  for (const [key, member] of Object.entries(service)) {
    if (isMethod(member)) methods.push([key, member]);
  }
  return methods;
}

function isMethod(member: unknown): member is Method {
  if (typeof member !== "object" || member === null || !("kind" in member)) return false;
  const { kind } = member;
  return kind === "unary" || kind === "server-stream" || kind === "client-stream" || kind === "bidi-stream";
}

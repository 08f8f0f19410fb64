import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

/**
 * What ts-proto generates for a message, as far as this kit needs it.
 * `encode` and `decode` take any writer and reader with the right methods, so the kit passes its own.
 */
export interface MessageType<T = unknown> {
  /** Full protobuf name, such as `example.v1.GreetRequest`. */
  readonly $type: string;
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
  /** Fills missing fields, deeply, with their proto3 defaults. */
  fromPartial(object: never): T;
}

type Builtin =
  | Date
  | ((...args: never[]) => unknown)
  | Uint8Array
  | string
  | number
  | boolean
  | bigint
  | undefined;

/**
 * A message whose every field may be left out, deeply. A missing one is its proto3 default,
 * so a field that is added to the schema breaks no caller.
 */
export type Init<T> = T extends Builtin
  ? T
  : T extends Map<infer K, infer V>
    ? Map<K, Init<V>>
    : T extends readonly (infer U)[]
      ? readonly Init<U>[]
      : T extends { $case: string; value: unknown }
        ? { readonly $case: T["$case"]; readonly value: Init<T["value"]> }
        : { readonly [K in keyof T]?: Init<T[K]> | undefined };

/**
 * Whether a repeated call is harmless: the `idempotency_level` of the `.proto`.
 * Only `no-side-effects` and `idempotent` methods are retried when it is not known whether they ran.
 */
export type Idempotency = "unknown" | "no-side-effects" | "idempotent";

interface Definition<Kind extends string, I, O> {
  readonly kind: Kind;
  /** Full name of the service, such as `example.v1.GreeterService`. */
  readonly service: string;
  /** Name in the `.proto`, such as `Greet`. */
  readonly name: string;
  /** `service/name`: how the wire names it. */
  readonly path: string;
  readonly input: MessageType<I>;
  readonly output: MessageType<O>;
  readonly deprecated?: boolean;
  /** `$schema` of its service, so that a member can be used without it. */
  readonly schema: string;
}

interface MethodDefinition<Kind extends string, I, O> extends Definition<Kind, I, O> {
  readonly idempotency: Idempotency;
}

/** How a server keeps a stream whose client is away: `heliograph.options.v1.Resumable`. */
export interface Resumable {
  /** How long it is kept, in milliseconds. */
  readonly retentionMs: number;
  /** How many messages the handler may be ahead of what the client has taken. */
  readonly windowMessages: number;
  /** The same in encoded bytes. */
  readonly windowBytes: number;
}

/** One request, one answer. */
export interface UnaryMethod<I = unknown, O = unknown> extends MethodDefinition<"unary", I, O> {}
/** One request, a stream of answers. */
export interface ServerStreamMethod<I = unknown, O = unknown>
  extends MethodDefinition<"server-stream", I, O> {
  /** After a lost connection the stream goes on where it stopped. */
  readonly resumable?: Resumable;
}
/** A stream of requests, one answer. */
export interface ClientStreamMethod<I = unknown, O = unknown>
  extends MethodDefinition<"client-stream", I, O> {}
/** A stream in both directions. */
export interface BidiStreamMethod<I = unknown, O = unknown> extends MethodDefinition<"bidi-stream", I, O> {}

/** A method that is called: one request or many, one response or many. */
export type Method = UnaryMethod | ServerStreamMethod | ClientStreamMethod | BidiStreamMethod;

/** One level of a topic's subject: fixed text, or a field of the message by its TypeScript name. */
export type KeyLevel<Field extends string = string> =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly field: Field; readonly type: "string" | "integer" | "bool" | "enum" };

/** A topic: `output` is what is published, `Field` the names of the fields that its key is made of. */
export interface Topic<T = unknown, Field extends string = string> extends Definition<"topic", unknown, T> {
  readonly key: readonly KeyLevel<Field>[];
}

/** A pipeline: `input` is the job, `output` its result (without fields when there is none). */
export interface Pipeline<J = unknown, R = unknown> extends Definition<"pipeline", J, R> {
  readonly acknowledged: boolean;
}

/** What happens to a new goal while another runs. */
export type ActionPolicy =
  | { readonly kind: "refuse" }
  | { readonly kind: "queue"; readonly size: number }
  | { readonly kind: "preempt" }
  | { readonly kind: "parallel"; readonly max: number };

/** A preemptable call: `output` is the wrapper on the wire, a oneof of `feedback` and `result`. */
export interface Action<G = unknown, F = unknown, R = unknown> extends Definition<"action", G, unknown> {
  readonly feedback: MessageType<F> | undefined;
  readonly result: MessageType<R>;
  readonly policy: ActionPolicy;
  /** How long a result is kept after the goal's end, in milliseconds. */
  readonly retentionMs: number;
}

/** Whatever a service has. */
export type Member = Method | Topic | Pipeline | Action;

/**
 * One service of a `.proto` as the generator writes it: a value whose members are its methods, topics,
 * pipelines and actions in camel case; its own data sits under `$`-names.
 */
export interface ServiceDefinition {
  /** Full name, such as `example.v1.GreeterService`. */
  readonly $service: string;
  /**
   * The service's file and all that its messages need: a `google.protobuf.FileDescriptorSet` in base64,
   * without comments. Decoded only for error messages and reflection.
   */
  readonly $schema: string;
}

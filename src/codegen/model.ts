import type { DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import type { Location } from "./problem.js";

/**
 * What a `.proto` says, checked, and nothing of any target language: emitters compute their names from it.
 * Messages and fields are protobuf's own descriptors.
 */
export interface Schema {
  /** The files to generate that hold services, in the compiler's order. */
  readonly files: readonly ServiceFile[];
  /** Every file that is generated or imported. */
  readonly sources: readonly DescFile[];
}

export interface ServiceFile {
  /** Path from the root of the `.proto` files, such as `example/v1/greeter.proto`. */
  readonly name: string;
  readonly services: readonly Service[];
}

export interface Service {
  /** Full name, such as `example.v1.GreeterService`. */
  readonly fullName: string;
  readonly name: string;
  readonly comment: string;
  readonly deprecated: boolean;
  readonly where: Location;
  readonly members: readonly Member[];
  /** A `google.protobuf.FileDescriptorSet` of this service and what its members reach. */
  readonly schema: Uint8Array;
}

interface MemberBase<Kind extends string> {
  readonly kind: Kind;
  /** Name of the rpc. */
  readonly name: string;
  /** `service/name`, as on the wire. */
  readonly path: string;
  readonly comment: string;
  readonly deprecated: boolean;
  readonly where: Location;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

export type Idempotency = "unknown" | "no-side-effects" | "idempotent";

export type MethodKind = "unary" | "server-stream" | "client-stream" | "bidi-stream";

export interface MethodMember extends MemberBase<MethodKind> {
  readonly idempotency: Idempotency;
  /** Of server streams only. */
  readonly resumable: Resumable | undefined;
}

/** How a server keeps a stream whose client is away, every default filled in. */
export interface Resumable {
  readonly retentionMs: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
}

/** One level of a topic's subject. */
export type KeyLevel =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly field: DescField; readonly type: KeyType };

export type KeyType = "string" | "integer" | "bool" | "enum";

export interface TopicMember extends MemberBase<"topic"> {
  /** The template as written. */
  readonly keyTemplate: string;
  readonly key: readonly KeyLevel[];
}

export interface PipelineMember extends MemberBase<"pipeline"> {
  readonly acknowledged: boolean;
}

export type Policy =
  | { readonly kind: "refuse" }
  | { readonly kind: "queue"; readonly size: number }
  | { readonly kind: "preempt" }
  | { readonly kind: "parallel"; readonly max: number };

export interface ActionMember extends MemberBase<"action"> {
  readonly feedback: DescMessage | undefined;
  readonly result: DescMessage;
  readonly policy: Policy;
  readonly retentionMs: number;
}

export type Member = MethodMember | TopicMember | PipelineMember | ActionMember;

/** What every kind of member has: its name, types and comment. */
export type MemberFacts = Omit<MemberBase<string>, "kind">;

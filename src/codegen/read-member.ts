import type { DescMethod, FileRegistry } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Idempotency, Member, MemberFacts, MethodKind, MethodMember, Resumable } from "./model.js";
import type { Report } from "./problem.js";
import { readAction } from "./read-action.js";
import { type MethodOption, readOptions } from "./read-options.js";
import { readPipeline } from "./read-pipeline.js";
import { readResumable } from "./read-resumable.js";
import { readTopic } from "./read-topic.js";
import { commentOf, locate } from "./source-info.js";

/** The member that an rpc and its options make; undefined, and reported, when they make none. */
export function readMember(method: DescMethod, registry: FileRegistry, report: Report): Member | undefined {
  const facts: MemberFacts = {
    name: method.name,
    path: `${method.parent.typeName}/${method.name}`,
    comment: commentOf(method),
    deprecated: method.deprecated,
    where: locate(method),
    input: method.input,
    output: method.output,
    clientStreaming: method.proto.clientStreaming,
    serverStreaming: method.proto.serverStreaming,
  };
  const [option, ...others] = readOptions(method, registry);
  if (option === undefined) return readMethod(method, facts, undefined);
  if (others.length > 0) {
    const names = [option, ...others].map(({ name }) => name);
    report(facts.where, `rpc ${method.name} is ${names.join(" and ")} at once`, "keep one of these options");
    return undefined;
  }
  return readMemberWith(option, method, facts, report);
}

function readMemberWith(
  option: MethodOption,
  method: DescMethod,
  facts: MemberFacts,
  report: Report,
): Member | undefined {
  switch (option.name) {
    case "topic":
      return readTopic(method, facts, option, report);
    case "pipeline":
      return readPipeline(method, facts, option, report);
    case "action":
      return readAction(method, facts, option, report);
    case "resumable": {
      const resumable = readResumable(method, option, report);
      return resumable && readMethod(method, facts, resumable);
    }
  }
}

function readMethod(method: DescMethod, facts: MemberFacts, resumable: Resumable | undefined): MethodMember {
  return { ...facts, kind: methodKind(method), idempotency: idempotency(method), resumable };
}

function methodKind(method: DescMethod): MethodKind {
  switch (method.methodKind) {
    case "unary":
      return "unary";
    case "server_streaming":
      return "server-stream";
    case "client_streaming":
      return "client-stream";
    case "bidi_streaming":
      return "bidi-stream";
  }
}

function idempotency(method: DescMethod): Idempotency {
  switch (method.idempotency) {
    case MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS:
      return "no-side-effects";
    case MethodOptions_IdempotencyLevel.IDEMPOTENT:
      return "idempotent";
    case MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN:
      return "unknown";
  }
}

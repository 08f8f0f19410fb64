import type { DescMethod } from "@bufbuild/protobuf";
import type { MemberFacts, PipelineMember } from "./model.js";
import type { Report } from "./problem.js";
import type { MethodOption } from "./read-options.js";

/** A pipeline: a unary rpc whose request is the job and whose response is the result. */
export function readPipeline(
  method: DescMethod,
  facts: MemberFacts,
  option: Extract<MethodOption, { name: "pipeline" }>,
  report: Report,
): PipelineMember | undefined {
  const { acknowledged } = option.value;
  if (method.methodKind !== "unary") {
    report(
      option.where(),
      `pipeline ${method.name} streams`,
      `write rpc ${method.name}(${method.input.name}) returns (${method.output.name}), without stream`,
    );
    return undefined;
  }
  if (!acknowledged && method.output.fields.length > 0) {
    report(
      option.where(),
      `pipeline ${method.name} has the result ${method.output.typeName} but is not acknowledged, so no result would come back`,
      "set acknowledged: true, or return google.protobuf.Empty",
    );
    return undefined;
  }
  return { ...facts, kind: "pipeline", acknowledged };
}

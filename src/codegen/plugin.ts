import { create } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  Edition,
} from "@bufbuild/protobuf/wkt";
import { messageOf } from "../core/error.js";
import type { Emitter, GeneratedFile } from "./emitter.js";
import { lockEmitter } from "./lock-emitter.js";
import { parseParameters } from "./parameters.js";
import { formatProblems, type Problem } from "./problem.js";
import { readSchema } from "./read-schema.js";
import { typescriptEmitter } from "./typescript/emitter.js";

/** By target. `target=lock` writes the lock manifest alone; any other writes it beside its code when told where. */
const emitters: Readonly<Record<string, Emitter>> = { ts: typescriptEmitter, lock: lockEmitter };

/** Answers a compiler's request: with files, or with every problem of the schema, one per line. */
export function generate(request: CodeGeneratorRequest): CodeGeneratorResponse {
  const problems: Problem[] = [];
  try {
    const parameters = parseParameters(request.parameter, Object.keys(emitters));
    const report = (where: Problem["where"], what: string, fix: string) =>
      problems.push({ where, what, fix });
    const schema = readSchema(request, report);
    const wanted = [parameters.target, ...(parameters.lock === undefined ? [] : ["lock"])];
    const files = [...new Set(wanted)].flatMap((name) => emitters[name]?.(schema, parameters, report) ?? []);
    return problems.length === 0 ? answer(files) : refuse(formatProblems(problems));
  } catch (error) {
    return refuse(messageOf(error));
  }
}

function answer(files: readonly GeneratedFile[]): CodeGeneratorResponse {
  return create(CodeGeneratorResponseSchema, { ...features, file: [...files] });
}

function refuse(error: string): CodeGeneratorResponse {
  return create(CodeGeneratorResponseSchema, { ...features, error });
}

// Editions are announced so that the plugin sees such files and can refuse them with file, line and the fix.
const features = {
  supportedFeatures: BigInt(
    CodeGeneratorResponse_Feature.PROTO3_OPTIONAL | CodeGeneratorResponse_Feature.SUPPORTS_EDITIONS,
  ),
  minimumEdition: Edition.EDITION_PROTO2,
  maximumEdition: Edition.EDITION_2024,
};

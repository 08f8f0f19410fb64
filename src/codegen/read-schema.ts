import {
  create,
  createFileRegistry,
  type DescFile,
  type DescMethod,
  type DescService,
  type FileRegistry,
} from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { checkSyntax } from "./check-syntax.js";
import type { Schema, Service, ServiceFile } from "./model.js";
import type { Report } from "./problem.js";
import { pruneSchema } from "./prune-schema.js";
import { readMember } from "./read-member.js";
import { commentOf, locate } from "./source-info.js";

/** Builds the model of a compiler's request. What can't be generated is reported, and left out of the model. */
export function readSchema(request: CodeGeneratorRequest, report: Report): Schema {
  // The second list holds the requested files with the options that are stripped from the first.
  const withAllOptions = new Map(request.sourceFileDescriptors.map((file) => [file.name, file]));
  const protos = request.protoFile.map((file) => withAllOptions.get(file.name) ?? file);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protos }));
  const sources = protos.flatMap(({ name }) => registry.getFile(name) ?? []);
  const requested = new Set(request.fileToGenerate);
  const files = sources.filter((file) => requested.has(file.proto.name));
  checkSyntax(files, report);
  return {
    sources,
    files: files
      .filter((file) => file.services.length > 0)
      .map((file) => readFile(file, sources, registry, report)),
  };
}

function readFile(
  file: DescFile,
  sources: readonly DescFile[],
  registry: FileRegistry,
  report: Report,
): ServiceFile {
  return {
    name: file.proto.name,
    services: file.services.map((service) => readService(service, sources, registry, report)),
  };
}

function readService(
  service: DescService,
  sources: readonly DescFile[],
  registry: FileRegistry,
  report: Report,
): Service {
  const read = (method: DescMethod) => readMember(method, registry, report);
  return {
    fullName: service.typeName,
    name: service.name,
    comment: commentOf(service),
    deprecated: service.deprecated,
    where: locate(service),
    members: service.methods.map(read).filter((member) => member !== undefined),
    schema: pruneSchema(service, sources),
  };
}

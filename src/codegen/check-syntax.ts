import type { DescFile, DescMessage } from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";
import type { Report } from "./problem.js";
import { reachableFrom } from "./reachable.js";
import { locate } from "./source-info.js";

/**
 * Only proto3: the code that is generated for messages treats every file as proto3, and would write other bytes
 * than the schema says. A file that only declares custom options is none of a message's business and passes.
 */
export function checkSyntax(files: readonly DescFile[], report: Report): void {
  const refused = new Set<DescFile>();
  for (const file of files) {
    if (file.edition === Edition.EDITION_PROTO3 || !declaresData(file)) continue;
    refused.add(file);
    report(locate(file), `${syntaxOf(file)} is not supported`, 'write syntax = "proto3"');
  }
  for (const service of files.flatMap((file) => file.services)) {
    for (const method of service.methods) {
      const foreign = reachableFrom([method.input, method.output]).find(
        ({ file }) => file.edition !== Edition.EDITION_PROTO3 && !refused.has(file),
      );
      if (foreign === undefined) continue;
      report(
        locate(method),
        `rpc ${method.name} uses ${foreign.typeName} of ${foreign.file.proto.name}, which is ${syntaxOf(foreign.file)}`,
        "use messages of proto3 files only",
      );
    }
  }
}

function declaresData(file: DescFile): boolean {
  // A copy of protobuf's own files, of which descriptor.proto is proto2, may lie beside the others.
  if (file.proto.name.startsWith("google/protobuf/")) return false;
  if (file.services.length > 0) return true;
  const declares = file.messages.length > 0 || file.enums.length > 0;
  return declares && !file.extensions.some(({ extendee }) => isOptions(extendee));
}

function isOptions(message: DescMessage): boolean {
  return /^google\.protobuf\.\w+Options$/.test(message.typeName);
}

function syntaxOf(file: DescFile): string {
  if (file.edition === Edition.EDITION_PROTO2) return 'syntax = "proto2"';
  if (file.edition === Edition.EDITION_PROTO3) return 'syntax = "proto3"';
  return `edition = "${Edition[file.edition]?.replace("EDITION_", "") ?? file.edition}"`;
}

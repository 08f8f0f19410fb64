import type { Emitter } from "../emitter.js";
import { checkMembers } from "./check-members.js";
import { checkTypes } from "./check-types.js";
import { emitFile } from "./emit-file.js";
import { generatedTypes } from "./ts-proto.js";

/** `target=ts`: a module `<proto>_heliograph.ts` for each file with services, beside ts-proto's `<proto>.ts`. */
export const typescriptEmitter: Emitter = (schema, parameters, report) => {
  const types = generatedTypes(schema.sources);
  // ts-proto generates imported files, too, but for those that a module stands in for.
  for (const file of schema.sources)
    if (!parameters.modules.has(file.proto.name)) checkTypes(file, types, report);
  for (const { services } of schema.files) for (const service of services) checkMembers(service, report);
  return schema.files.map((file) => ({
    name: file.name.replace(/\.proto$/, "_heliograph.ts"),
    content: emitFile(file, types, parameters),
  }));
};

import type { Emitter } from "../emitter.js";
import { checkNames } from "./check-names.js";
import { emitFile } from "./emit-file.js";
import { generatedTypes } from "./ts-proto.js";

/** `target=ts`: a module `<proto>_heliograph.ts` for each file with services, beside ts-proto's `<proto>.ts`. */
export const typescriptEmitter: Emitter = (schema, parameters, report) => {
  const types = generatedTypes(schema.sources);
  checkNames(schema, types, report);
  return schema.files.map((file) => ({
    name: file.name.replace(/\.proto$/, "_heliograph.ts"),
    content: emitFile(file, types, parameters),
  }));
};

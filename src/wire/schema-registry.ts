import { Buffer } from "node:buffer";
import { createFileRegistry, type DescService, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "../core/code.js";
import { HeliographError, invalidArgument, messageOf } from "../core/error.js";

/** A `google.protobuf.FileDescriptorSet`: its bytes, or those in base64 as `$schema` has them. */
export type SchemaSource = Uint8Array | string;

/**
 * The largest descriptor set that is read. What a service and its messages need is rarely a tenth of it; reading the
 * worst that fits here keeps a processor busy for less than a second.
 */
export const MAX_SCHEMA_BYTES = 1_048_576;

/**
 * Reads a descriptor set, which may be a peer's.
 *
 * @param whose names it in errors, such as `the server's schema`
 * @throws HeliographError INTERNAL, reason SCHEMA_UNREADABLE, that says what is wrong with it
 */
export function readSchema(source: SchemaSource, whose: string): FileRegistry {
  const bytes = typeof source === "string" ? Buffer.from(source, "base64") : source;
  if (bytes.length > MAX_SCHEMA_BYTES) {
    throw unreadable(whose, `it has ${bytes.length} bytes, and at most ${MAX_SCHEMA_BYTES} are read`);
  }
  try {
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  } catch (thrown) {
    throw unreadable(whose, messageOf(thrown) || "a type that it uses is missing", thrown);
  }
}

/** @throws HeliographError INVALID_ARGUMENT that names those that are there */
export function requireService(registry: FileRegistry, service: string, whose: string): DescService {
  const found = registry.getService(service);
  if (found !== undefined) return found;
  const names = servicesIn(registry).map(({ typeName }) => typeName);
  throw invalidArgument(`${whose} has no service "${service}"; it has ${names.join(", ") || "none"}`);
}

/** The services of a schema, in its own order. */
function servicesIn(registry: FileRegistry): DescService[] {
  return [...registry].filter((type) => type.kind === "service");
}

/** A descriptor set that can't be used, and why. */
export function unreadable(whose: string, why: string, cause?: unknown): HeliographError {
  return new HeliographError(Code.Internal, `${whose} can't be read: ${why}`, {
    reason: "SCHEMA_UNREADABLE",
    cause,
  });
}

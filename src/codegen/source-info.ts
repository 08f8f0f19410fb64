import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Location } from "./problem.js";

/** Field numbers of google/protobuf/descriptor.proto, of which a path in SourceCodeInfo is made. */
const FILE_MESSAGE = 4;
const FILE_ENUM = 5;
const FILE_SERVICE = 6;
const FILE_SYNTAX = 12;
const FILE_EDITION = 14;
const MESSAGE_FIELD = 2;
const MESSAGE_NESTED = 3;
const MESSAGE_ENUM = 4;
const SERVICE_METHOD = 2;
const METHOD_OPTIONS = 4;

type Declared = DescFile | DescService | DescMethod | DescMessage | DescEnum | DescField;

interface Span {
  readonly line: number;
  readonly column: number;
  readonly comment: string;
}

const spansOf = new WeakMap<DescFile, Map<string, Span>>();

/** Where a declaration stands in its file; the file's `syntax` line for a file. */
export function locate(desc: Declared): Location {
  if (desc.kind === "file") return find(desc, [[FILE_SYNTAX], [FILE_EDITION]]);
  return find(fileOf(desc), [pathOf(desc)]);
}

/** Where an option of an rpc is given, or a field of that option; the rpc where the compiler didn't say. */
export function locateOption(method: DescMethod, ...numbers: readonly number[]): Location {
  const path = [...pathOf(method), METHOD_OPTIONS, ...numbers];
  return find(fileOf(method), [path, path.slice(0, -1), pathOf(method)]);
}

/** The comment before a declaration, without its marks; empty when there is none. */
export function commentOf(desc: Exclude<Declared, DescFile>): string {
  return spans(fileOf(desc)).get(pathOf(desc).join())?.comment ?? "";
}

function find(file: DescFile, paths: readonly (readonly number[])[]): Location {
  for (const path of paths) {
    const span = spans(file).get(path.join());
    if (span !== undefined) return { file: file.proto.name, line: span.line, column: span.column };
  }
  return { file: file.proto.name, line: 1, column: 1 };
}

function spans(file: DescFile): Map<string, Span> {
  let known = spansOf.get(file);
  if (known === undefined) {
    known = new Map();
    for (const { path, span, leadingComments } of file.proto.sourceCodeInfo?.location ?? []) {
      const [line = 0, column = 0] = span;
      known.set(path.join(), { line: line + 1, column: column + 1, comment: plainComment(leadingComments) });
    }
    spansOf.set(file, known);
  }
  return known;
}

function plainComment(raw: string): string {
  return raw
    .split("\n")
    .map((line) => line.replace(/^ /, "").trimEnd())
    .join("\n")
    .trim();
}

function fileOf(desc: Exclude<Declared, DescFile>): DescFile {
  return desc.kind === "rpc" || desc.kind === "field" ? desc.parent.file : desc.file;
}

function pathOf(desc: Exclude<Declared, DescFile>): number[] {
  switch (desc.kind) {
    case "service":
      return [FILE_SERVICE, desc.file.services.indexOf(desc)];
    case "rpc":
      return [...pathOf(desc.parent), SERVICE_METHOD, desc.parent.methods.indexOf(desc)];
    case "field":
      return [...pathOf(desc.parent), MESSAGE_FIELD, desc.parent.proto.field.indexOf(desc.proto)];
    case "message":
      return desc.parent === undefined
        ? [FILE_MESSAGE, desc.file.proto.messageType.indexOf(desc.proto)]
        : [...pathOf(desc.parent), MESSAGE_NESTED, desc.parent.proto.nestedType.indexOf(desc.proto)];
    case "enum":
      return desc.parent === undefined
        ? [FILE_ENUM, desc.file.proto.enumType.indexOf(desc.proto)]
        : [...pathOf(desc.parent), MESSAGE_ENUM, desc.parent.proto.enumType.indexOf(desc.proto)];
  }
}

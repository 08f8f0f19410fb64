import type { DescEnum, DescFile, DescMessage } from "@bufbuild/protobuf";
import type { Report } from "../problem.js";
import { locate } from "../source-info.js";
import { fieldName, type GeneratedType } from "./ts-proto.js";
import { brokenTypeNames, reservedWords } from "./unusable-names.js";

type Type = DescMessage | DescEnum;

/** Refuses messages, enums and fields of one file whose names ts-proto can't write as TypeScript that compiles. */
export function checkTypes(file: DescFile, types: ReadonlyMap<string, GeneratedType>, report: Report): void {
  const taken = new Map<string, string>();
  for (const type of typesIn(file)) {
    const name = types.get(type.typeName)?.name ?? type.name;
    checkTypeName(type, name, report);
    const names = declaredNames(type, name);
    const clash = names.find((declared) => taken.has(declared));
    if (clash !== undefined) {
      const both = `${type.typeName} and ${taken.get(clash)} would both declare ${clash}`;
      report(locate(type), both, "rename one of them");
    }
    for (const declared of names) taken.set(declared, type.typeName);
    if (type.kind === "enum") checkValues(type, report);
    else checkProperties(type, report);
  }
}

function checkTypeName(type: Type, name: string, report: Report): void {
  const what = `${type.kind} ${type.name}`;
  if (reservedWords.has(name) || brokenTypeNames.has(name)) {
    report(
      locate(type),
      `${what} has a name that TypeScript or the code generated for messages needs itself`,
      "rename it",
    );
  } else if (name === "Timestamp" && type.typeName !== wellKnownTimestamp && usesTimestamp(type.file)) {
    report(
      locate(type),
      `${what} stands in a file that uses ${wellKnownTimestamp}, too`,
      "rename it or move it to another file",
    );
  }
}

const wellKnownTimestamp = "google.protobuf.Timestamp";

function usesTimestamp(file: DescFile): boolean {
  return typesIn(file).some(
    (type) =>
      type.kind === "message" && type.fields.some(({ message }) => message?.typeName === wellKnownTimestamp),
  );
}

/** The names that ts-proto declares in a module for one type. */
function declaredNames(type: Type, name: string): string[] {
  if (type.kind === "message") return [name, `createBase${name}`];
  const camel = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  return [name, `${camel}FromJSON`, `${camel}ToJSON`];
}

function checkValues(type: DescEnum, report: Report): void {
  for (const { name } of type.values) {
    if (name !== "UNRECOGNIZED" && !reservedWords.has(name)) continue;
    report(
      locate(type),
      `enum ${type.name} has the value ${name}, a word that the generated code needs itself`,
      `rename it, for example to ${type.name.toUpperCase()}_${name.toUpperCase()}`,
    );
  }
}

/** Outside a oneof, a field is a property; a oneof is one property of its own. */
function checkProperties(message: DescMessage, report: Report): void {
  const taken = new Map<string, string>();
  for (const member of message.members) {
    const property = fieldName(member.name);
    const other = taken.get(property);
    if (other === undefined) {
      taken.set(property, member.name);
      continue;
    }
    report(
      locate(member.kind === "field" ? member : message),
      `${member.name} and ${other} of ${message.typeName} would both be the property ${property}`,
      "rename one of them",
    );
  }
}

function typesIn(file: DescFile): Type[] {
  return [...file.enums, ...file.messages.flatMap(withNested)];
}

function withNested(message: DescMessage): Type[] {
  return [message, ...message.nestedEnums, ...message.nestedMessages.flatMap(withNested)];
}

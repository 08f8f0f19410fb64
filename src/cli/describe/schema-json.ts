import type { DescField, DescMethod, DescService } from "@bufbuild/protobuf";
import { typeText } from "../../wire/schema-fields.js";
import { readMember } from "../../wire/schema-member.js";
import { reachedTypes, type SchemaType } from "../../wire/schema-text.js";

/** A service for a program: its methods, and all types that they reach. */
export function serviceJson(service: DescService): object {
  const roots = service.methods.flatMap(({ input, output }) => [input, output]);
  return {
    service: service.typeName,
    methods: service.methods.map(methodJson),
    types: reachedTypes(roots).map(typeJson),
  };
}

/** A method for a program, and the types that it reaches. */
export function memberJson(method: DescMethod): object {
  return {
    service: method.parent.typeName,
    ...methodJson(method),
    types: reachedTypes([method.input, method.output]).map(typeJson),
  };
}

/** A message or an enum for a program. */
export function typeJson(type: SchemaType): object {
  if (type.kind === "enum") {
    return { enum: type.typeName, values: type.values.map(({ name, number }) => ({ name, number })) };
  }
  return { message: type.typeName, fields: type.fields.map(fieldJson) };
}

function methodJson(method: DescMethod): object {
  const { kind, ...member } = readMember(method);
  return {
    method: method.name,
    kind,
    input: method.input.typeName,
    output: method.output.typeName,
    ...(method.deprecated ? { deprecated: true } : {}),
    ...optionsJson(member),
  };
}

/** Of the kind of member; messages by their names. */
function optionsJson(options: object): object {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name, value]) => value !== undefined && name !== "template")
      .map(([name, value]: [string, unknown]) => [name, isMessage(value) ? value.typeName : value]),
  );
}

function isMessage(value: unknown): value is { readonly typeName: string } {
  return typeof value === "object" && value !== null && "typeName" in value;
}

function fieldJson(field: DescField): object {
  return {
    name: field.name,
    jsonName: field.jsonName,
    number: field.number,
    type: typeText(field),
    ...(field.proto.proto3Optional ? { optional: true } : {}),
    ...(field.oneof === undefined ? {} : { oneof: field.oneof.name }),
  };
}

import {
  clone,
  create,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MessageOptionsSchema,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { reachableFrom } from "./reachable.js";
import { optionNumber } from "./read-options.js";

type Kept = ReadonlySet<DescMessage | DescEnum>;

/**
 * A `google.protobuf.FileDescriptorSet` of one service and the types that its members reach, dependencies first.
 * Comments and options are left out, but for those that change bytes on the wire or that reflection shows.
 */
export function pruneSchema(service: DescService, sources: readonly DescFile[]): Uint8Array {
  const roots = service.methods.flatMap(({ input, output }) => [input, output]);
  const kept: Kept = new Set(reachableFrom(roots));
  const names = new Set([...kept].map(({ file }) => file.proto.name).concat(service.file.proto.name));
  const files = sources.filter((file) => names.has(file.proto.name));
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, {
      file: files.map(({ proto, messages, enums }) =>
        create(FileDescriptorProtoSchema, {
          name: proto.name,
          package: proto.package,
          syntax: proto.syntax,
          dependency: dependencies(files, proto.name, service, kept),
          messageType: messages
            .filter((message) => holds(message, kept))
            .map((message) => pruneMessage(message, kept)),
          enumType: enums.filter((type) => kept.has(type)).map(pruneEnum),
          service: proto === service.file.proto ? [pruneService(service)] : [],
        }),
      ),
    }),
  );
}

/** Only what the file's own types use: an import that is left without use would be an error to some compilers. */
function dependencies(files: readonly DescFile[], name: string, service: DescService, kept: Kept): string[] {
  const used = new Set<string>();
  for (const type of kept) {
    if (type.kind === "enum" || type.file.proto.name !== name) continue;
    for (const { message, enum: enumeration } of type.fields) {
      const target = message ?? enumeration;
      if (target !== undefined) used.add(target.file.proto.name);
    }
  }
  if (service.file.proto.name === name) {
    for (const { input, output } of service.methods)
      used.add(input.file.proto.name).add(output.file.proto.name);
  }
  return files.map((file) => file.proto.name).filter((other) => other !== name && used.has(other));
}

function holds(message: DescMessage, kept: Kept): boolean {
  return (
    kept.has(message) ||
    message.nestedEnums.some((type) => kept.has(type)) ||
    message.nestedMessages.some((nested) => holds(nested, kept))
  );
}

/** A message that is only there for what is nested in it loses its fields. Entries of maps stay with their map. */
function pruneMessage(message: DescMessage, kept: Kept): DescriptorProto {
  const { proto } = message;
  const nested = message.nestedMessages.filter((inner) => holds(inner, kept));
  const own = kept.has(message);
  return create(DescriptorProtoSchema, {
    name: proto.name,
    field: own ? proto.field.map(pruneField) : [],
    oneofDecl: own ? proto.oneofDecl.map(({ name }) => ({ name })) : [],
    nestedType: [
      ...nested.map((inner) => pruneMessage(inner, kept)),
      ...(own ? proto.nestedType.filter(({ options }) => options?.mapEntry).map(pruneMapEntry) : []),
    ],
    enumType: message.nestedEnums.filter((type) => kept.has(type)).map(pruneEnum),
  });
}

function pruneMapEntry(entry: DescriptorProto): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name: entry.name,
    field: entry.field.map(pruneField),
    options: create(MessageOptionsSchema, { mapEntry: true }),
  });
}

function pruneField(field: FieldDescriptorProto): FieldDescriptorProto {
  const pruned = clone(FieldDescriptorProtoSchema, field);
  delete pruned.options;
  if (field.options?.packed === false) pruned.options = create(FieldOptionsSchema, { packed: false });
  return pruned;
}

function pruneEnum({ proto }: DescEnum): EnumDescriptorProto {
  const pruned = create(EnumDescriptorProtoSchema, {
    name: proto.name,
    value: proto.value.map(({ name, number }) => ({ name, number })),
  });
  if (proto.options?.allowAlias) pruned.options = create(EnumOptionsSchema, { allowAlias: true });
  return pruned;
}

function pruneService({ proto }: DescService) {
  return create(ServiceDescriptorProtoSchema, { name: proto.name, method: proto.method.map(pruneMethod) });
}

function pruneMethod(method: MethodDescriptorProto): MethodDescriptorProto {
  const pruned = clone(MethodDescriptorProtoSchema, method);
  delete pruned.options;
  const options = create(MethodOptionsSchema);
  if (method.options?.deprecated) options.deprecated = true;
  if (method.options?.idempotencyLevel) options.idempotencyLevel = method.options.idempotencyLevel;
  const ours = new Set<number>(Object.values(optionNumber));
  const extensions = method.options?.$unknown?.filter(({ no }) => ours.has(no)) ?? [];
  if (extensions.length > 0) options.$unknown = extensions;
  if (toBinary(MethodOptionsSchema, options).length > 0) pruned.options = options;
  return pruned;
}

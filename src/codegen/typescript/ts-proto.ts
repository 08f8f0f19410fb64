import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import type { DescEnum, DescFile, DescMessage } from "@bufbuild/protobuf";

/** The part of ts-proto that this emitter asks for names, so that both always agree. */
interface TsProto {
  readonly types: {
    createTypeMap(
      request: { readonly protoFile: readonly PlainFile[] },
      options: object,
    ): Map<string, readonly [module: string, name: string, descriptor: unknown]>;
  };
  readonly options: { defaultOptions(): { snakeToCamel: string[] } };
  readonly case: {
    maybeSnakeToCamel(name: string, options: object): string;
  };
}

interface PlainFile extends PlainScope {
  readonly syntax: string;
  readonly package: string;
  readonly messageType: readonly PlainMessage[];
}

interface PlainMessage extends PlainScope {
  readonly nestedType: readonly PlainMessage[];
}

interface PlainScope {
  readonly name: string;
  readonly enumType: readonly { readonly name: string }[];
}

/** A type as ts-proto generates it. */
export interface GeneratedType {
  /** Path of its module without an ending, such as `example/v1/greeter`. */
  readonly module: string;
  readonly name: string;
}

let loaded: TsProto | undefined;

/** What ts-proto calls every message and enum, by full protobuf name. */
export function generatedTypes(sources: readonly DescFile[]): Map<string, GeneratedType> {
  const { types, options } = tsProto();
  const map = types.createTypeMap({ protoFile: sources.map(plainFile) }, options.defaultOptions());
  return new Map([...map].map(([proto, [module, name]]) => [proto.slice(1), { module, name }]));
}

/** What ts-proto calls a field or a oneof. */
export function fieldName(proto: string): string {
  const { case: casing, options } = tsProto();
  return casing.maybeSnakeToCamel(proto, options.defaultOptions());
}

function tsProto(): TsProto {
  loaded ??= load();
  return loaded;
}

function load(): TsProto {
  // In the project that generates first: its ts-proto is the one that writes the messages.
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    const require = createRequire(from);
    try {
      require.resolve("ts-proto/package.json");
    } catch {
      continue;
    }
    return {
      types: require("ts-proto/build/src/types"),
      options: require("ts-proto/build/src/options"),
      case: require("ts-proto/build/src/case"),
    };
  }
  throw new Error("ts-proto is not installed; run npm install --save-dev ts-proto@2.18.0");
}

function plainFile({ proto, messages, enums }: DescFile): PlainFile {
  const { name, package: pkg, syntax } = proto;
  return {
    name,
    package: pkg,
    syntax,
    messageType: messages.map(plainMessage),
    enumType: enums.map(plainEnum),
  };
}

function plainMessage({ name, nestedMessages, nestedEnums }: DescMessage): PlainMessage {
  return { name, nestedType: nestedMessages.map(plainMessage), enumType: nestedEnums.map(plainEnum) };
}

function plainEnum({ name }: DescEnum): { readonly name: string } {
  return { name };
}

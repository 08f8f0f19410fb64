import { type DescMethod, type FileRegistry, getExtension, hasExtension } from "@bufbuild/protobuf";
import type { Location } from "./problem.js";
import { locateOption } from "./source-info.js";

/** Field numbers in heliograph/options/v1/options.proto. */
export const optionNumber = { topic: 51701, pipeline: 51702, action: 51703, resumable: 51704 } as const;
export type OptionName = keyof typeof optionNumber;

const numbers = {
  topic: { key: 1 },
  pipeline: { acknowledged: 1 },
  action: { policy: 1, queue_size: 2, max_parallel: 3, retention_ms: 4 },
  resumable: { retention_ms: 1, window_messages: 2, window_bytes: 3 },
} as const;

interface OptionFields {
  topic: { readonly key: string };
  pipeline: { readonly acknowledged: boolean };
  action: {
    readonly policy: number;
    readonly queueSize: number;
    readonly maxParallel: number;
    readonly retentionMs: number;
  };
  resumable: {
    readonly retentionMs: number;
    readonly windowMessages: number;
    readonly windowBytes: bigint;
  };
}

/** One of the kit's options as an rpc gives it. */
export type MethodOption = {
  [Name in OptionName]: {
    readonly name: Name;
    readonly value: OptionFields[Name];
    /** Where the option stands, or one of its fields. */
    readonly where: (field?: keyof (typeof numbers)[Name] & string) => Location;
  };
}[OptionName];

/** The kit's options on an rpc, in the order of the options file. */
export function readOptions(method: DescMethod, registry: FileRegistry): MethodOption[] {
  return [
    ...readOption(method, registry, "topic"),
    ...readOption(method, registry, "pipeline"),
    ...readOption(method, registry, "action"),
    ...readOption(method, registry, "resumable"),
  ];
}

function readOption<Name extends OptionName>(method: DescMethod, registry: FileRegistry, name: Name) {
  const extension = registry.getExtension(`heliograph.options.v1.${name}`);
  const options = method.proto.options;
  if (extension === undefined || options === undefined || !hasExtension(options, extension)) return [];
  const value = getExtension(options, extension) as unknown as OptionFields[Name];
  const fields: Readonly<Record<string, number>> = numbers[name];
  const where = (field?: string): Location => {
    const path = field === undefined ? [] : [fields[field] ?? 0];
    return locateOption(method, optionNumber[name], ...path);
  };
  return [{ name, value, where }];
}

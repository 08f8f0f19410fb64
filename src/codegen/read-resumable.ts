import type { DescMethod } from "@bufbuild/protobuf";
import type { Resumable } from "./model.js";
import type { Report } from "./problem.js";
import type { MethodOption } from "./read-options.js";

type ResumableOption = Extract<MethodOption, { name: "resumable" }>;

/** What a number of the option may be; 0, which protobuf doesn't tell from absent, is the default. */
interface Bounds {
  readonly name: "retention_ms" | "window_messages" | "window_bytes";
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly byDefault: number;
}

/** Below a second a stream would be gone before a client has tried twice; an hour of them fills a server. */
const retention: Bounds = {
  name: "retention_ms",
  unit: "milliseconds",
  min: 1_000,
  max: 60 * 60_000,
  byDefault: 30_000,
};
const messages: Bounds = {
  name: "window_messages",
  unit: "messages",
  min: 1,
  max: 65_536,
  byDefault: 1_024,
};
/** The least is what lets a stream flow between two reports of its reader; the most is kept for every stream. */
const bytes: Bounds = {
  name: "window_bytes",
  unit: "bytes",
  min: 65_536,
  max: 64 * 1_048_576,
  byDefault: 1_048_576,
};

/** How a server keeps a stream whose client is away; undefined, and reported, when the rpc or a number can't be. */
export function readResumable(
  method: DescMethod,
  option: ResumableOption,
  report: Report,
): Resumable | undefined {
  if (method.methodKind !== "server_streaming") {
    report(
      option.where(),
      `rpc ${method.name} is resumable but not a server stream`,
      `write rpc ${method.name}(${method.input.name}) returns (stream ${method.output.name}), or drop the option`,
    );
    return undefined;
  }
  const read = (bounds: Bounds, value: number | bigint): number | undefined => {
    const { name, unit, min, max, byDefault } = bounds;
    if (Number(value) === 0) return byDefault;
    if (value >= min && value <= max) return Number(value);
    report(
      option.where(name),
      `rpc ${method.name} has ${name}: ${value}`,
      `give ${min} to ${max} ${unit}, or leave it out for ${byDefault}`,
    );
    return undefined;
  };
  const retentionMs = read(retention, option.value.retentionMs);
  const windowMessages = read(messages, option.value.windowMessages);
  const windowBytes = read(bytes, option.value.windowBytes);
  if (retentionMs === undefined || windowMessages === undefined || windowBytes === undefined)
    return undefined;
  return { retentionMs, windowMessages, windowBytes };
}

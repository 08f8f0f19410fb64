import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runTool } from "../../src/cli/tools.js";
import { fixtureProto } from "./fixtures.js";
import { helio, tsx } from "./helio.js";
import { temporaryFolder } from "./schemas.js";
import { typecheck } from "./typecheck.js";

/** Type tests: an assignment in both directions says that two types are the same. */
const usage = `
import type { Action, Pipeline, ServiceDefinition, ServerStreamMethod, Topic, UnaryMethod } from "heliograph";
import { PatternsService } from "./gen/patterns/v1/patterns_heliograph.js";
import type { Done, Job, Progress, Reading, Response } from "./gen/patterns/v1/patterns.js";
import { delete$, NamesService, NothingService, RpcsService } from "./gen/tricky/v1/names_heliograph.js";
import type { DateMessage, FunctionMessage, Shared } from "./gen/tricky/v1/names.js";
import type { Shared as OtherShared } from "./gen/tricky/v1/other.js";
import { WellKnownService } from "./gen/tricky/v1/well_known_heliograph.js";
import type { DoubleValue, Int64Value, StringValue } from "./gen/google/protobuf/wrappers.js";
import type { FieldMask } from "./gen/google/protobuf/field_mask.js";
import type { Duration } from "./gen/google/protobuf/duration.js";
import type { Timestamp } from "./gen/google/protobuf/timestamp.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const same: readonly true[] = [
  true satisfies Same<typeof NamesService.dates, UnaryMethod<DateMessage, FunctionMessage>>,
  true satisfies Same<typeof NamesService.clash, UnaryMethod<Shared, OtherShared>>,
  true satisfies Same<typeof WellKnownService.wrappers, UnaryMethod<StringValue, Int64Value>>,
  true satisfies Same<typeof WellKnownService.times, UnaryMethod<Timestamp, Duration>>,
  true satisfies Same<typeof WellKnownService.masks, ServerStreamMethod<FieldMask, DoubleValue>>,
  true satisfies Same<typeof PatternsService.keyedTopic, Topic<Reading, "floorNumber" | "room" | "isHot" | "unit">>,
  true satisfies Same<typeof PatternsService.resultPipeline, Pipeline<Job, Response>>,
  true satisfies Same<typeof PatternsService.streamAction, Action<Job, Progress, Done>>,
  true satisfies Same<typeof PatternsService.unaryAction, Action<Job, never, Response>>,
];
export const services: readonly ServiceDefinition[] = [
  delete$, NamesService, NothingService, PatternsService, RpcsService, WellKnownService,
];
console.log(services.filter(({ $schema }) => $schema !== "").length, "services");
console.log(RpcsService.schema.schema === RpcsService.$schema, PatternsService.keyedTopic.schema === PatternsService.$schema);
`;

it("generates tricky names, well-known types and every pattern so that they compile and run", async () => {
  const folder = await temporaryFolder();
  try {
    await mkdir(join(folder, "src"));
    await cp(fixtureProto, join(folder, "proto"), { recursive: true });
    expect(await helio(folder, "generate")).toMatchObject({ code: 0, stderr: "" });
    await writeFile(join(folder, "src/usage.ts"), usage);
    expect(await typecheck(folder)).toBe("");
    const ran = await runTool([process.execPath, "--import", tsx, "src/usage.ts"], folder);
    expect(ran).toEqual({ code: 0, stdout: "6 services\ntrue true\n", stderr: "" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

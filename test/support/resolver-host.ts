import type { Clock } from "../../src/core/clock.js";
import { systemClock } from "../../src/core/clock.js";
import type { HeliographError } from "../../src/core/error.js";
import type { Logger } from "../../src/core/logger.js";
import type { Announcement, InstanceInfo, Load } from "../../src/naming/instance.js";
import type { InstanceSource, ResolverHost } from "../../src/naming/resolver.js";
import { until } from "./within.js";

/** What a resolver told the node that uses it. */
export interface RecordingHost extends ResolverHost {
  /** `lost` and `back`, in their order. */
  readonly told: string[];
  readonly lostWith: HeliographError[];
  readonly warnings: string[];
  readonly debugs: string[];
}

/** A node as a resolver sees it. */
export function recordingHost(clock: Clock = systemClock, load: () => Load = idle): RecordingHost {
  const told: string[] = [];
  const lostWith: HeliographError[] = [];
  const warnings: string[] = [];
  const debugs: string[] = [];
  const logger: Logger = {
    debug: (fields, text) => debugs.push(`${text} ${JSON.stringify(fields)}`),
    info: () => {},
    warn: (fields, text) => warnings.push(`${text} ${JSON.stringify(fields)}`),
    error: (_fields, text) => warnings.push(text),
  };
  return {
    clock,
    logger,
    host: "here",
    load,
    told,
    lostWith,
    warnings,
    debugs,
    lost: (_resolver, error) => {
      told.push("lost");
      lostWith.push(error);
    },
    back: () => told.push("back"),
  };
}

/** What a watch of a test has seen. */
export interface Seen {
  /** Each list that it was told of: the names of the instances, in order. */
  readonly lists: (readonly string[])[];
  readonly failures: HeliographError[];
  last(): readonly InstanceInfo[];
  /** Waits until the last list has these instances, and no other. */
  becomes(...instances: readonly string[]): Promise<void>;
  end(): void;
}

/** How long a test waits for what is to come soon. */
const SOON_MS = 20_000;

/** Watches a service, and keeps what it is told. */
export function watching(source: InstanceSource, service: string, withinMs = SOON_MS): Seen {
  const lists: (readonly string[])[] = [];
  const failures: HeliographError[] = [];
  let last: readonly InstanceInfo[] = [];
  const end = source.watch(service, {
    update: (instances) => {
      last = instances;
      lists.push(instances.map(({ instance }) => instance).sort());
    },
    failed: (error) => failures.push(error),
  });
  const is = (wanted: readonly string[]) => lists.at(-1)?.join() === wanted.join();
  return {
    lists,
    failures,
    last: () => last,
    becomes: (...instances) => {
      const wanted = [...instances].sort();
      return until(withinMs, `instances [${wanted}], not [${lists.at(-1)}]`, () => is(wanted));
    },
    end,
  };
}

/** What an instance of a test says of itself. */
export function announcementOf(instance: string, rest: Partial<Announcement> = {}): Announcement {
  return {
    node: "greeter",
    instance,
    epoch: 1_767_225_600_000_000,
    version: 1,
    endpoints: ["tcp://192.0.2.1:5555"],
    services: [{ name: "example.v1.GreeterService", schemaHash: "0011223344556677" }],
    labels: { zone: "eu-1" },
    host: "there",
    condition: "serving",
    kit: "typescript 0.1.0",
    processId: 7,
    ...rest,
  };
}

function idle(): Load {
  return { loopLagMs: 0, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0 };
}

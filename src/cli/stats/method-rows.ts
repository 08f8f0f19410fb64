import type { Histogram, MethodStats } from "../../gen/heliograph/node/v1/node.js";
import { kitServices } from "../../node/verbs/serve-verbs.js";
import { compareTexts } from "../lookup/known-instance.js";
import type { Column } from "../output/table.js";
import { bytes, count, shortTime } from "../output/units.js";
import { meanUs, quantileUs } from "./histogram.js";

/**
 * The methods to show, by name.
 *
 * @param service the one whose methods are wanted; undefined for all
 * @param kit those that every node has, too
 */
export function chosenMethods(
  methods: readonly MethodStats[],
  service: string | undefined,
  kit: boolean,
): MethodStats[] {
  return methods
    .filter(({ method }) => {
      const [own = ""] = method.split("/");
      return service === undefined ? kit || !kitServices.has(own) : own === service;
    })
    .sort((a, b) => compareTexts(a.method, b.method));
}

/** The columns of `helio stats`. */
export const methodColumns: readonly Column<MethodStats>[] = [
  { title: "METHOD", cell: ({ method }) => method },
  { title: "CALLS", align: "right", cell: ({ calls }) => count(Number(calls)) },
  { title: "NOW", align: "right", cell: ({ inFlight }) => count(inFlight) },
  { title: "MEAN", align: "right", cell: ({ latency }) => timeText(latency, meanUs) },
  {
    title: "P50",
    align: "right",
    spare: 1,
    cell: ({ latency }) => timeText(latency, (each) => quantileUs(each, 0.5)),
  },
  {
    title: "P95",
    align: "right",
    spare: 3,
    cell: ({ latency }) => timeText(latency, (each) => quantileUs(each, 0.95)),
  },
  {
    title: "P99",
    align: "right",
    cell: ({ latency }) => timeText(latency, (each) => quantileUs(each, 0.99)),
  },
  { title: "MAX", align: "right", spare: 2, cell: ({ latency }) => timeText(latency, maxUs) },
  { title: "IN", align: "right", spare: 5, cell: ({ requestBytes }) => bytes(Number(requestBytes)) },
  { title: "OUT", align: "right", spare: 4, cell: ({ responseBytes }) => bytes(Number(responseBytes)) },
  { title: "ERRORS", cell: ({ errors }) => errorText(errors) },
];

/** The statistics of a method as JSON shows them, with what the histogram comes to. */
export function methodJson({ latency, ...rest }: MethodStats): object {
  const ms = (of: (histogram: Histogram) => number | undefined) => {
    const us = latency && of(latency);
    return us === undefined ? null : us / 1000;
  };
  return {
    ...rest,
    latencyMs: {
      mean: ms(meanUs),
      p50: ms((each) => quantileUs(each, 0.5)),
      p95: ms((each) => quantileUs(each, 0.95)),
      p99: ms((each) => quantileUs(each, 0.99)),
      max: ms(maxUs),
    },
    histogram: latency === undefined ? [] : buckets(latency),
  };
}

/** Those that are not empty, by their upper bounds; the last has none. */
function buckets({ boundsUs, counts }: Histogram): object[] {
  return counts
    .map((each, index) => ({ upToUs: boundsUs[index] ?? null, count: each }))
    .filter(({ count: each }) => each > 0n);
}

function maxUs({ counts, maxUs: us }: Histogram): number | undefined {
  return counts.some((each) => each > 0n) ? Number(us) : undefined;
}

function timeText(latency: Histogram | undefined, of: (histogram: Histogram) => number | undefined): string {
  const us = latency && of(latency);
  return us === undefined ? "" : shortTime(us / 1000);
}

/** The most frequent first. */
function errorText(errors: ReadonlyMap<string, bigint>): string {
  const sorted = [...errors].sort(([, a], [, b]) => Number(b - a));
  return sorted.map(([code, times]) => `${count(Number(times))} ${code}`).join(", ");
}

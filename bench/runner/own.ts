import type { OwnName } from "./cases.js";
import { type DiscoveryRow, measureDiscovery } from "./discovery.js";
import { type MemoryRow, measureMemory, memoryLines } from "./memory.js";
import { measureRegistry, type RegistryRow } from "./registry.js";

/** What Heliograph alone takes of something. */
export type OwnRow = MemoryRow | DiscoveryRow | RegistryRow;

/** How it is measured. */
export interface OwnOptions {
  readonly quick: boolean;
  /** Length of what is measured by time, when the user wants his own. */
  readonly seconds: number | undefined;
  /** Of the networks of nodes, when the user wants his own. */
  readonly nodes: number | undefined;
}

/** Measures a case that is no race. */
export async function* measureOwn(
  name: OwnName,
  { quick, seconds, nodes }: OwnOptions,
): AsyncGenerator<OwnRow, void> {
  switch (name) {
    case "memory":
      yield await measureMemory();
      return;
    case "discovery":
      yield* measureDiscovery(quick, nodes);
      return;
    case "registry":
      yield await measureRegistry(seconds ?? (quick ? 10 : 60), nodes);
  }
}

/** The row for people. */
export function describeOwn(row: OwnRow): string {
  switch (row.case) {
    case "memory":
      return describeMemory(row);
    case "discovery":
      return describeDiscovery(row);
    case "registry":
      return describeRegistry(row);
  }
}

function describeMemory(row: MemoryRow): string {
  const cell = (value: number) => number(value).padStart(12);
  const lines = memoryLines(row).map(
    ([what, { rss, heapUsed, external }]) =>
      `  ${what.padEnd(32)}${cell(rss)}${cell(heapUsed)}${cell(external)}`,
  );
  return ["memory, bytes: resident, JavaScript heap, buffers", ...lines].join("\n");
}

function describeDiscovery({
  nodes,
  convergence,
  start,
  steady,
  change,
  memory,
  ...row
}: DiscoveryRow): string {
  const lines = [
    `discovery, ${number(nodes)} nodes`,
    `  all know whom they watch after ${number(convergence.clockMs)} ms of their clock, ${number(convergence.coreMs)} ms of a core`,
    `  each, to start      ${number(start.messages)} messages, ${number(start.bytes)} bytes`,
    `  each, per second    ${number(steady.messages)} messages, ${number(steady.bytes)} bytes; all together ${number(row.steadyCoreMs)} ms of a core`,
    `  one leaves          ${number(change.messages)} messages, ${number(change.bytes)} bytes`,
    `  each, memory        ${number(memory.bytes)} bytes, ${number(memory.registryBytes)} of them in the registry`,
  ];
  if (row.growth !== undefined) {
    const { growth } = row;
    lines.push(
      `  more than of the first size, %: memory ${growth.memory}, start ${growth.start}, per second ${growth.steady}, one leaves ${growth.change}`,
    );
  }
  return lines.join("\n");
}

function describeRegistry({ nodes, heartbeatsPerSecond, coreShare, troubles, ...row }: RegistryRow): string {
  const { rss, rssPerNode } = row;
  return [
    `registry, ${number(nodes)} nodes, ${number(heartbeatsPerSecond)} heartbeats per second`,
    `  ${coreShare} of a core, nodes were said to be not well ${troubles} times`,
    `  ${number(rss)} bytes of resident memory, ${number(rssPerNode)} for each node`,
  ].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

import { cases } from "./cases.js";
import type { DiscoveryRow } from "./discovery.js";
import { shown, table } from "./markdown.js";
import { type MemoryRow, memoryLines } from "./memory.js";
import type { OwnRow } from "./own.js";
import type { RegistryRow } from "./registry.js";

/** What was measured of cases that are no races, for bench/README.md. */
export function ownTables(rows: readonly OwnRow[]): string[] {
  const memory = rows.filter((row) => row.case === "memory");
  const discovery = rows.filter((row) => row.case === "discovery");
  const registry = rows.filter((row) => row.case === "registry");
  return [memoryTable(memory), discoveryTable(discovery), registryTable(registry)];
}

function memoryTable(rows: readonly MemoryRow[]): string {
  const lines = rows
    .flatMap(memoryLines)
    .map(([what, { rss, heapUsed, external }]) => [what, rss, heapUsed, external]);
  return [
    `\`memory\`: ${cases.memory.summary}; bytes after a garbage collection.`,
    "",
    table(["", "resident", "JavaScript heap", "buffers"], lines),
  ].join("\n");
}

function discoveryTable(rows: readonly DiscoveryRow[]): string {
  const grown = (value: number, percent: number | undefined) =>
    percent === undefined ? shown(value) : `${shown(value)} (${percent > 0 ? "+" : ""}${percent} %)`;
  const line = (what: string, of: (row: DiscoveryRow) => string | number) => [what, ...rows.map(of)];
  const lines = [
    line("until all know, ms of the nodes' clock", ({ convergence }) => convergence.clockMs),
    line("until all know, ms of a core, all nodes and the registry", ({ convergence }) => convergence.coreMs),
    line("a node starts, messages", ({ start }) => start.messages),
    line("a node starts, bytes", ({ start, growth }) => grown(start.bytes, growth?.start)),
    line("a node lives, messages per second", ({ steady }) => steady.messages),
    line("a node lives, bytes per second", ({ steady, growth }) => grown(steady.bytes, growth?.steady)),
    line("one leaves, messages", ({ change }) => change.messages),
    line("one leaves, bytes", ({ change, growth }) => grown(change.bytes, growth?.change)),
    line("memory of a node, bytes", ({ memory, growth }) => grown(memory.bytes, growth?.memory)),
    line("of these in the registry", ({ memory }) => memory.registryBytes),
    line("a second of all, ms of a core", ({ steadyCoreMs }) => steadyCoreMs),
  ];
  return [
    `\`discovery\`: ${cases.discovery.summary}; in brackets how much more than in the smallest.`,
    "",
    table(["nodes", ...rows.map(({ nodes }) => shown(nodes))], lines),
  ].join("\n");
}

function registryTable(rows: readonly RegistryRow[]): string {
  const lines = rows.map(({ nodes, heartbeatsPerSecond, coreShare, rss, rssPerNode }) => [
    shown(nodes),
    heartbeatsPerSecond,
    coreShare,
    rss,
    rssPerNode,
  ]);
  return [
    `\`registry\`: ${cases.registry.summary}.`,
    "",
    table(
      ["nodes", "heartbeats per second", "share of a core", "resident memory, bytes", "of it for each node"],
      lines,
    ),
  ].join("\n");
}

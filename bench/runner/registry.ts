import type { Listening, Ready } from "../driver/protocol.js";
import type { RegistryGauge, RegistryOrder, Seen } from "../registry/protocol.js";
import { progress } from "./output.js";
import { here } from "./paths.js";
import { Program } from "./program.js";

/** What one registry takes that so many nodes are registered with. */
export interface RegistryRow {
  readonly case: "registry";
  readonly nodes: number;
  /** Of all nodes together. */
  readonly heartbeatsPerSecond: number;
  /** Of one core, while nothing happens. */
  readonly coreShare: number;
  /** How often the registry said of a node meanwhile that it was not well: never, where the nodes get the time they need. */
  readonly troubles: number;
  /** Resident memory, in bytes: of the process, and what each node adds. */
  readonly rss: number;
  readonly rssPerNode: number;
}

const NODES = 1_000;
/** One process may open only so many sockets. */
const NODES_PER_HOLDER = 200;
const INTERVAL_MS = 1_000;
/** At most, after the last has come, until nothing happens any more. */
const SETTLE_MS = 5_000;
const orderMs = 120_000;

/** Measures it, `helio registry` and the nodes in processes of their own, over so many seconds. */
export async function measureRegistry(seconds: number, nodes = NODES): Promise<RegistryRow> {
  const open: Program[] = [];
  const start = (name: string, ...args: string[]) => {
    const program = new Program(name, [process.execPath, ...args]);
    open.push(program);
    return program;
  };
  try {
    const registry = start(
      "the registry",
      ...["--import", `${here.programs}/registry/probe.js`, `${here.root}/dist/cli/main.js`, "registry"],
      ...["--endpoint", "tcp://127.0.0.1:*", "--heartbeat-ms", String(INTERVAL_MS), "--json"],
    );
    const { endpoint } = await registry.next<Listening>(orderMs);
    const holders = Array.from({ length: Math.ceil(nodes / NODES_PER_HOLDER) }, (_, index) =>
      start(`holder ${index}`, `${here.programs}/registry/holder.js`, endpoint),
    );
    for (const holder of holders) await holder.next<Ready>(orderMs);
    return await measure(registry, holders, nodes, seconds);
  } finally {
    for (const running of open.reverse()) await running[Symbol.asyncDispose]();
  }
}

async function measure(
  registry: Program,
  holders: readonly Program[],
  nodes: number,
  seconds: number,
): Promise<RegistryRow> {
  const ask = <T>(program: Program, order: RegistryOrder) => program.ask<T>(order, orderMs);
  const gauge = () => ask<RegistryGauge>(registry, { order: "gauge" });
  const see = () => ask<Seen>(holders[0]!, { order: "see", count: nodes });

  progress(`registry: ${nodes} nodes register`);
  const empty = await gauge();
  await Promise.all(
    holders.map((holder, index) => {
      const from = index * NODES_PER_HOLDER;
      const to = Math.min(nodes, from + NODES_PER_HOLDER);
      return ask(holder, { order: "register", from, to, of: nodes });
    }),
  );
  await see();
  await sleep(Math.min(SETTLE_MS, seconds * 1_000));

  progress(`registry: ${seconds} seconds in which nothing happens`);
  const before = await see();
  const from = await gauge();
  await sleep(seconds * 1_000);
  const to = await gauge();
  const after = await see();
  return {
    case: "registry",
    nodes,
    heartbeatsPerSecond: Math.round((nodes * 1_000) / INTERVAL_MS),
    coreShare: Math.round(((to.coreMs - from.coreMs) / (to.elapsedMs - from.elapsedMs)) * 1_000) / 1_000,
    troubles: after.troubles - before.troubles,
    rss: to.rss,
    rssPerNode: Math.round((to.rss - empty.rss) / nodes),
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

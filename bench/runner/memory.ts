import type { Listening, Ready } from "../driver/protocol.js";
import type { Gauge, MemoryOrder } from "../memory/protocol.js";
import { progress } from "./output.js";
import { here } from "./paths.js";
import { Program } from "./program.js";

/** Bytes that one more of something takes in a process. */
export type Cost = Gauge;

/** What Heliograph takes of memory: the whole process, then what one more costs, on either side. */
export interface MemoryRow {
  readonly case: "memory";
  /** A process with one idle node. */
  readonly process: Gauge;
  readonly node: Cost;
  readonly session: { readonly server: Cost; readonly client: Cost };
  readonly call: { readonly server: Cost; readonly client: Cost };
}

const counts = { nodes: 100, sessions: 1_000, calls: 20_000 };
/** Client processes that share the sessions: one process may open only so many sockets. */
const clientProcesses = 4;
const orderMs = 60_000;

/** Measures it: steady states before and after many of a thing, garbage collected; about 15 seconds. */
export async function measureMemory(): Promise<MemoryRow> {
  const program = (name: string, ...args: string[]) =>
    new Program(`memory ${name}`, [
      process.execPath,
      "--expose-gc",
      `${here.programs}/memory/${name}.js`,
      ...args,
    ]);
  const open: Program[] = [];
  try {
    const server = program("server");
    open.push(server);
    const { endpoint } = await server.next<Listening>(orderMs);
    const clients = Array.from({ length: clientProcesses }, () => program("client", endpoint));
    open.push(...clients);
    for (const client of clients) await client.next<Ready>(orderMs);
    return await measure(server, clients);
  } finally {
    for (const running of open.reverse()) await running[Symbol.asyncDispose]();
  }
}

async function measure(server: Program, clients: readonly Program[]): Promise<MemoryRow> {
  const all = async (order: MemoryOrder) => {
    for (const client of clients) await client.ask(order, orderMs);
  };
  const gauge = (running: Program) => running.ask<Gauge>({ order: "gauge" } satisfies MemoryOrder, orderMs);
  const gauges = async () => ({ server: await gauge(server), client: await sum(clients.map(gauge)) });

  progress("memory: idle nodes");
  const process = await gauge(server);
  await server.ask({ order: "nodes", count: counts.nodes } satisfies MemoryOrder, orderMs);
  const node = each(process, await gauge(server), counts.nodes);

  progress("memory: sessions");
  const before = await gauges();
  await all({ order: "sessions", count: counts.sessions / clients.length });
  const connected = await gauges();

  progress("memory: calls in flight");
  await all({ order: "hold", count: counts.calls / clients.length });
  await server.ask({ order: "holding", count: counts.calls } satisfies MemoryOrder, orderMs);
  const holding = await gauges();
  await server.ask({ order: "release" } satisfies MemoryOrder, orderMs);
  await all({ order: "answers" });

  const both = (from: typeof before, to: typeof before, count: number) => ({
    server: each(from.server, to.server, count),
    client: each(from.client, to.client, count),
  });
  return {
    case: "memory",
    process,
    node,
    session: both(before, connected, counts.sessions),
    call: both(connected, holding, counts.calls),
  };
}

function each(before: Gauge, after: Gauge, count: number): Cost {
  const one = (name: keyof Gauge) => Math.round((after[name] - before[name]) / count) || 0;
  return { rss: one("rss"), heapUsed: one("heapUsed"), external: one("external") };
}

async function sum(gauges: readonly Promise<Gauge>[]): Promise<Gauge> {
  let total: Gauge = { rss: 0, heapUsed: 0, external: 0 };
  for (const { rss, heapUsed, external } of await Promise.all(gauges)) {
    total = {
      rss: total.rss + rss,
      heapUsed: total.heapUsed + heapUsed,
      external: total.external + external,
    };
  }
  return total;
}

/** The row for people: each line a thing and what it takes. */
export function memoryLines({ process, node, session, call }: MemoryRow): [what: string, takes: Gauge][] {
  return [
    ["process with one idle node", process],
    ["one more idle node", node],
    ["one more session, server", session.server],
    ["one more session, client", session.client],
    ["one more call in flight, server", call.server],
    ["one more call in flight, client", call.client],
  ];
}

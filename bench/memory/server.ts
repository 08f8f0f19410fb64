import { createNode, insecure, type Node, serve } from "heliograph";
import { BenchService, HoldService } from "../gen/heliograph/bench/v1/bench_heliograph.js";
import { memoryProgram } from "./program.js";

const endpoint = "tcp://127.0.0.1:*";
const nodes: Node[] = [];
const held: (() => void)[] = [];
const watchers: { readonly count: number; resolve(): void }[] = [];

/** A node with one service, on an endpoint of its own. */
async function openNode() {
  const node = createNode({ name: "bench", security: insecure() });
  nodes.push(node);
  return await serve(
    node,
    BenchService,
    { echo: ({ sequence, text }) => ({ sequence, text }) },
    { endpoint },
  );
}

/** Answers when it is let go. */
async function hold(): Promise<void> {
  await new Promise<void>((resolve) => {
    held.push(resolve);
    for (const watcher of watchers) if (held.length === watcher.count) watcher.resolve();
  });
}

const node = createNode({ name: "bench", security: insecure() });
nodes.push(node);
const served = await serve(
  node,
  HoldService,
  {
    hold: async ({ sequence, wait }) => {
      if (wait) await hold();
      return { sequence };
    },
  },
  { endpoint, maxConcurrent: 1_000_000 },
);

await memoryProgram(
  { endpoint: served.endpoints[0]! },
  async (order) => {
    switch (order.order) {
      case "nodes":
        for (let i = 0; i < order.count; i++) await openNode();
        return;
      case "holding":
        if (held.length >= order.count) return;
        return await new Promise<void>((resolve) => watchers.push({ count: order.count, resolve }));
      case "release":
        for (const letGo of held.splice(0)) letGo();
        return;
      default:
        throw new Error(`no order of a server: ${order.order}`);
    }
  },
  async () => {
    for (const open of nodes) await open.close();
  },
);

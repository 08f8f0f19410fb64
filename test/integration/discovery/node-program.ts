/** A process that makes nodes and does with them what its parent says; see `NodeCommands` and `startProcess`. */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../../src/core/clock.js";
import {
  createClient,
  createNode,
  type HandlerContext,
  insecure,
  listInstances,
  type Node,
  runNode,
  type Served,
  serve,
  serveRegistry,
} from "../../../src/index.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { type EchoRequest, EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import type { NodeCommands, ServeCommand, ServedNode } from "./node-commands.js";
import { SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";

type Answers = { [K in keyof NodeCommands]: (...args: Parameters<NodeCommands[K]>) => unknown };

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const serving: Node[] = [];
/** The latest node, and what it serves of CallService. */
let changing: { readonly node: Node; readonly served: Served | undefined } | undefined;
let calls: SteadyCalls | undefined;
let asking: Node | undefined;
let served = 0;
const firstAt: Record<string, number> = {};

function sleepBlocked(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function serveOne(name: string, command: ServeCommand): Promise<ServedNode> {
  const { registries, endpoint, advertise, remote = false, aheadMs = 0 } = command;
  const clock = { ...systemClock, wallUs: () => systemClock.wallUs() + aheadMs * 1_000 };
  const node = createNode({ name, registries, advertise, security: insecure({ remote }), logger, clock });
  serving.push(node);
  const echo = (request: EchoRequest): EchoResponse | Promise<EchoResponse> => {
    served++;
    firstAt[name] ??= steadyMs();
    if (request.text === "never") return new Promise(() => {});
    if (request.text === "block") sleepBlocked(request.delayMs);
    else if (request.delayMs > 0) return delay(request.delayMs, EchoResponse.create({ text: name }));
    return EchoResponse.create({ text: name });
  };
  const { endpoints } = await serve(node, EchoService, { echo }, { endpoint });
  const sum = async (notes: AsyncIterable<Note>) => {
    let number = 0n;
    for await (const note of notes) number += note.number;
    return Note.create({ number, text: name });
  };
  async function* chat(notes: AsyncIterable<Note>): AsyncGenerator<Note> {
    for await (const note of notes) yield { ...note, text: name };
  }
  changing = { node, served: await serve(node, CallService, { count, watch: count, sum, chat }) };
  const readyAt = steadyMs();
  return { instance: node.instance, endpoint: endpoints[0] ?? "", readyAt };
}

/** So many messages, one every few milliseconds. */
async function* count(note: Note, ctx: HandlerContext): AsyncGenerator<Note> {
  for (let number = 1n; number <= note.number; number++) {
    yield Note.create({ number });
    await ctx.sleep(5);
  }
}

const answers: Answers = {
  async serve(command) {
    const { name, count: many = 1 } = command;
    const names = many === 1 ? [name] : Array.from({ length: many }, (_, n) => `${name}-${n}`);
    const ready = await Promise.all(names.map((each) => serveOne(each, command)));
    // What listens to the parent holds the process.
    void runNode(serving).then(() => process.disconnect?.());
    return ready[0];
  },
  async registry({ endpoint, heartbeatMs, remote = false }) {
    const node = createNode({ name: "registry", registries: [], security: insecure({ remote }), logger });
    const { endpoints } = await serveRegistry(node, { endpoint, heartbeatMs });
    void runNode(node).then(() => process.disconnect?.());
    return { instance: node.instance, endpoint: endpoints[0], readyAt: steadyMs() };
  },
  call({ registries, perSecond, remote = false }) {
    const node = createNode({ name: "caller", registries, security: insecure({ remote }), logger });
    const client = createClient(node, EchoService);
    calls = new SteadyCalls(perSecond, async () => (await client.echo({}, { timeoutMs: 30_000 })).text);
  },
  tally() {
    if (calls === undefined) throw new Error("nothing was called");
    const { tally } = calls;
    return { ...tally, failed: tally.failed.map(({ error }) => error.message) };
  },
  stats: () => ({ served, firstAt, files: readdirSync("/proc/self/fd").length }),
  async list({ registries, remote = false }) {
    asking ??= createNode({ name: "asking", registries, security: insecure({ remote }), logger });
    const known = await listInstances(asking, EchoService);
    return known.filter(({ state }) => state !== "dead").map(({ instance }) => instance);
  },
  grind({ pieceMs, forMs }) {
    const end = steadyMs() + forMs;
    const piece = () => {
      const until = steadyMs() + pieceMs;
      while (steadyMs() < until);
      if (until < end) setTimeout(piece, 1);
    };
    setTimeout(piece, 1);
  },
  async change() {
    if (changing === undefined) throw new Error("nothing is served");
    const { node, served } = changing;
    await served?.stop();
    const again = served === undefined ? await serve(node, CallService, { count, watch: count }) : undefined;
    changing = { node, served: again };
  },
  async close() {
    await Promise.all(serving.splice(0).map((node) => node.close()));
  },
};

interface Command {
  readonly id: number;
  readonly name: keyof NodeCommands;
  readonly argument: never;
}

// Without a channel to its test it would outlive it; one that ends by itself has cut it.
process.on("disconnect", () => {
  if (serving.every(({ state }) => state !== "closed")) process.exit();
});

process.on("message", async ({ id, name, argument }: Command) => {
  try {
    process.send?.({ id, result: await answers[name](argument) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});

process.send?.({ id: 0 });

import { createNode, insecure, type ServiceDefinition, serveRegistry } from "heliograph";
import { type FakeClock, fakeClock, memoryNetwork } from "heliograph/testing";
import { CountedNetwork } from "./counted-network.js";
import { Crowd } from "./crowd.js";
import { heapBytes } from "./heap.js";
import type { Simulated, Traffic } from "./protocol.js";

const REGISTRY = "memory://registry";
const INTERVAL_MS = 1_000;
/** Of the steady state, in intervals. */
const STEADY = 5;
/** Instances that leave, one after the other. */
const LEAVING = 10;
/** The most that anything may take until everybody knows, in milliseconds of the nodes' clock. */
const LIMIT_MS = 60_000;

/**
 * Lets so many nodes find each other through one registry, on a network in memory and by a clock that is moved by hand:
 * each serves one service and watches five of at most 20 instances; one more node watches all.
 *
 * @param template what their services do
 */
export async function simulate(nodes: number, template: ServiceDefinition): Promise<Simulated> {
  const clock = fakeClock();
  const memory = memoryNetwork();
  const network = new CountedNetwork(memory);
  const closeRegistry = await startRegistry(clock, network);
  // One that has just begun would still wait for others, and tell everybody once it doesn't.
  await clock.advanceAsync(5 * INTERVAL_MS);
  const empty = heapBytes();

  const crowd = new Crowd(nodes, template, { clock, network: memory, registry: REGISTRY });
  const startedAt = clock.now();
  const started = process.cpuUsage();
  const announced = crowd.start();
  await until(clock, "all to know what they watch", () => crowd.missing === 0);
  const convergence = { clockMs: clock.now() - startedAt, coreMs: coreMs(started) };
  await announced;
  const start = share(network.take(), nodes);
  await clock.advanceAsync(2 * INTERVAL_MS);
  const full = heapBytes();

  network.take();
  const steadySince = process.cpuUsage();
  await clock.advanceAsync(STEADY * INTERVAL_MS);
  const steadyCoreMs = coreMs(steadySince) / STEADY;
  const steady = share(network.take(), nodes * STEADY);

  for (let index = 0; index < LEAVING; index++) await leave(crowd, index, clock);
  const change = share(network.take(), LEAVING);

  const both = heapBytes();
  network.unplug();
  await closeRegistry();
  const registryBytes = (both - heapBytes()) / (nodes - LEAVING);
  return {
    nodes,
    convergence,
    start,
    steady,
    change,
    steadyCoreMs: Math.round(steadyCoreMs),
    memory: { bytes: Math.round((full - empty) / nodes), registryBytes: Math.round(registryBytes) },
  };
}

/** @returns closes it, and leaves nothing of it but what others hold */
async function startRegistry(clock: FakeClock, network: CountedNetwork): Promise<() => Promise<void>> {
  const node = createNode({ name: "registry", security: insecure(), registries: [], clock, network });
  await serveRegistry(node, { endpoint: REGISTRY, heartbeatMs: INTERVAL_MS });
  return () => ended(clock, "the registry to close", node.close({ graceMs: 0 }));
}

/** One leaves, and all who watch its service are told; nothing else happens meanwhile. */
async function leave(crowd: Crowd, index: number, clock: FakeClock): Promise<void> {
  const left = crowd.leave(index);
  const told = crowd.departures + crowd.watchersOf(index);
  await ended(clock, "a node to close", left);
  await until(clock, "all to know that an instance left", () => crowd.departures >= told);
  if (crowd.departures > told) throw new Error("an instance left, and others with it");
}

async function ended(clock: FakeClock, what: string, end: Promise<void>): Promise<void> {
  let over = false;
  await Promise.all([
    end.then(() => {
      over = true;
    }),
    until(clock, what, () => over),
  ]);
}

/** Lets happen what follows from what happened, and time pass only if that is not enough. */
async function until(clock: FakeClock, what: string, happened: () => boolean): Promise<void> {
  const began = clock.now();
  for (await clock.advanceAsync(0); !happened(); await clock.advanceAsync(1)) {
    if (clock.now() - began > LIMIT_MS) throw new Error(`waited ${LIMIT_MS} ms for ${what}`);
  }
}

function share({ messages, bytes }: Traffic, count: number): Traffic {
  return { messages: Math.round((messages * 100) / count) / 100, bytes: Math.round(bytes / count) };
}

function coreMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return Math.round((user + system) / 1_000);
}

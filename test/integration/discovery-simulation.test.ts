import { expect, test } from "vitest";
import type { Simulated } from "../../bench/discovery/protocol.js";
import { simulate } from "../../bench/discovery/simulation.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";
import { scaled } from "../support/soak.js";

/** What a node may take, in however large a network: some more than it does, to leave room for what is to come. */
const most = {
  start: { messages: 8, bytes: 25_000 },
  steady: { messages: 2, bytes: 100 },
  /** It leaves in two steps, of each of which a hundred watchers are told. */
  change: { messages: 220, bytes: 50_000 },
  memoryBytes: 300_000,
};

function expectCheap({ start, steady, change, memory }: Simulated): void {
  expect(start.messages).toBeLessThanOrEqual(most.start.messages);
  expect(start.bytes).toBeLessThanOrEqual(most.start.bytes);
  expect(steady.messages).toBeGreaterThanOrEqual(1);
  expect(steady.messages).toBeLessThanOrEqual(most.steady.messages);
  expect(steady.bytes).toBeLessThanOrEqual(most.steady.bytes);
  expect(change.messages).toBeLessThanOrEqual(most.change.messages);
  expect(change.bytes).toBeLessThanOrEqual(most.change.bytes);
  expect(memory.bytes).toBeLessThanOrEqual(most.memoryBytes);
  expect(memory.registryBytes).toBeLessThan(memory.bytes / 2);
}

test(`all nodes of ${scaled(100, 1_000)} and of ${scaled(300, 10_000)} find each other, and each costs as much in either`, async () => {
  const few = await simulate(scaled(100, 1_000), EchoService);
  const many = await simulate(scaled(300, 10_000), EchoService);
  expectCheap(few);
  expectCheap(many);
  // What follows from a node's start follows at once: nobody waits for a timer.
  for (const { convergence } of [few, many]) expect(convergence.clockMs).toBeLessThanOrEqual(10);

  const flat = 1.2;
  expect(many.memory.bytes / few.memory.bytes).toBeLessThan(flat);
  for (const traffic of ["start", "steady", "change"] as const) {
    expect(many[traffic].messages / few[traffic].messages).toBeLessThan(flat);
    expect(many[traffic].bytes / few[traffic].bytes).toBeLessThan(flat);
  }
});

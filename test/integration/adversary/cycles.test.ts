import { expect, test } from "vitest";
import { createNode, insecure, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { echoClient } from "../../support/echo-client.js";
import { type Holdings, holdings } from "../../support/leaks.js";
import { scaled } from "../../support/soak.js";
import { until } from "../../support/within.js";

const MIB = 1024 * 1024;
const CYCLES = scaled(300, 10_000);
const ROUNDS = 4;
/** What a cycle may leave in memory, at most, that garbage and fragmentation don't explain. */
const BYTES_PER_CYCLE = scaled(40_000, 2_000);

const handlers = { echo: ({ text }: { text: string }) => EchoResponse.create({ text }) };

async function plateau(cycle: (n: number) => Promise<void>): Promise<void> {
  // The first cycles make what stays: ZeroMQ's threads, its pool of sockets, compiled code.
  for (let n = 0; n < 20; n++) await cycle(n);
  const before = holdings();
  const rss: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < CYCLES / ROUNDS; n++) await cycle(n);
    rss.push(process.memoryUsage.rss());
  }
  // What a loop leaves to its next turn, and vitest's own timers, come and go; what stays was left behind.
  await until(3_000, "all of the cycles to be gone", () => leftBehind(before).length === 0).catch(() => {});
  expect(leftBehind(before)).toEqual([]);
  const grown = rss[ROUNDS - 1]! - rss[1]!;
  console.info(
    `${CYCLES} cycles: ${holdings().files} files, +${(grown / MIB).toFixed(1)} MiB over the last half`,
  );
  expect(grown).toBeLessThan(16 * MIB + (BYTES_PER_CYCLE * CYCLES) / 2);
}

/** What this process holds beyond what it held before. */
function leftBehind(before: Holdings): string[] {
  const { resources, files, listeners } = holdings();
  const more = Object.entries(resources).filter(([name, count]) => count > (before.resources[name] ?? 0));
  const left = more.map(([name, count]) => `${name}: ${count}`);
  if (files > before.files) left.push(`files: ${files}, before ${before.files}`);
  if (listeners > before.listeners) left.push(`listeners: ${listeners}, before ${before.listeners}`);
  return left;
}

test(`${CYCLES} clients that open, call and close leave nothing behind`, {
  timeout: scaled(15_000, 900_000),
}, async () => {
  await using node = createNode({ name: "cycles", security: insecure() });
  const { endpoints } = await serve(node, EchoService, handlers);
  await plateau(async (n) => {
    const { connection, client } = echoClient(endpoints);
    expect((await client.echo({ text: String(n) })).text).toBe(String(n));
    await connection.close();
  });
});

test(`${CYCLES} nodes that open, are called and close leave nothing behind`, {
  timeout: scaled(15_000, 900_000),
}, async () => {
  await plateau(async (n) => {
    const node = createNode({ name: "cycles", security: insecure() });
    const { endpoints } = await serve(node, EchoService, handlers);
    const { connection, client } = echoClient(endpoints);
    expect((await client.echo({ text: String(n) })).text).toBe(String(n));
    await Promise.all([connection.close(), node.close()]);
  });
});

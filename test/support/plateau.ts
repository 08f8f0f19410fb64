import { expect } from "vitest";
import { type Holdings, holdings } from "./leaks.js";
import { until } from "./within.js";

const MIB = 1024 * 1024;
const ROUNDS = 4;

/**
 * Goes through so many cycles, and expects that nothing is left of them: no open files, sockets, timers or listeners, and
 * no memory beyond so much for each in the last half.
 */
export async function plateau(
  cycles: number,
  bytesPerCycle: number,
  cycle: (n: number) => Promise<void>,
): Promise<void> {
  // The first cycles make what stays: ZeroMQ's threads, its pool of sockets, compiled code.
  for (let n = 0; n < 20; n++) await cycle(n);
  const before = holdings();
  const rss: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < cycles / ROUNDS; n++) await cycle(n);
    rss.push(process.memoryUsage.rss());
  }
  // What a loop leaves to its next turn, and vitest's own timers, come and go; what stays was left behind.
  await until(20_000, "all of the cycles to be gone", () => leftBehind(before).length === 0).catch(() => {});
  expect(leftBehind(before)).toEqual([]);
  const grown = rss[ROUNDS - 1]! - rss[1]!;
  console.info(
    `${cycles} cycles: ${holdings().files} files, +${(grown / MIB).toFixed(1)} MiB over the last half`,
  );
  expect(grown).toBeLessThan(16 * MIB + (bytesPerCycle * cycles) / 2);
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

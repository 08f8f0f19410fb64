import { readFile, statfs } from "node:fs/promises";
import { cpus, freemem, loadavg, networkInterfaces, totalmem } from "node:os";

export interface Value {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** By sensor: what it measures, as often as it is asked. */
export const sensors: Readonly<Record<string, () => Promise<readonly Value[]>>> = {
  load: async () => [
    { name: "busy", value: busyPercent(), unit: "%" },
    { name: "average", value: loadavg()[0] ?? 0, unit: "waiting" },
  ],
  memory: async () => {
    const kilobytes = await figures("/proc/meminfo", /^MemAvailable:\s+(\d+)/m);
    const free = kilobytes.length > 0 ? (kilobytes[0] ?? 0) * 1_024 : freemem();
    return [
      { name: "free", value: free / 1e6, unit: "MB" },
      { name: "used", value: (100 * (totalmem() - free)) / totalmem(), unit: "%" },
    ];
  },
  disk: async () => {
    const { bsize, blocks, bavail, bfree } = await statfs(process.cwd());
    return [
      { name: "free", value: (bsize * bavail) / 1e9, unit: "GB" },
      { name: "used", value: (100 * (blocks - bfree)) / Math.max(blocks, 1), unit: "%" },
    ];
  },
  network: async () => {
    const addresses = Object.values(networkInterfaces()).flat().length;
    // Bytes in and out of all interfaces since the machine was started.
    const counted = await figures("/proc/net/dev", /:\s*(\d+)(?:\s+\d+){7}\s+(\d+)/g);
    const [received, sent] = [0, 1].map((odd) => sum(counted.filter((_, index) => index % 2 === odd)));
    return [
      { name: "addresses", value: addresses, unit: "" },
      ...(counted.length === 0 ? [] : [{ name: "received", value: (received ?? 0) / 1e6, unit: "MB" }]),
      ...(counted.length === 0 ? [] : [{ name: "sent", value: (sent ?? 0) / 1e6, unit: "MB" }]),
    ];
  },
  timer: async () => [{ name: "late", value: lateMs(), unit: "ms" }],
};

let before = cpuTimes();

/** Of all cores, since it was asked last. */
function busyPercent(): number {
  const after = cpuTimes();
  const total = after.total - before.total;
  const percent = total === 0 ? 0 : (100 * (after.busy - before.busy)) / total;
  before = after;
  return percent;
}

function cpuTimes(): { busy: number; total: number } {
  const all = cpus().map(({ times }) => times);
  const busy = sum(all.map(({ user, nice, sys, irq }) => user + nice + sys + irq));
  return { busy, total: busy + sum(all.map(({ idle }) => idle)) };
}

let lastMs = performance.now();

/** How much more than a millisecond has passed since it was asked last. */
function lateMs(): number {
  const nowMs = performance.now();
  const late = nowMs - lastMs - 1;
  lastMs = nowMs;
  return Math.max(late, 0);
}

/** Numbers in a file of Linux; none elsewhere. */
async function figures(file: string, pattern: RegExp): Promise<number[]> {
  try {
    const text = await readFile(file, "utf8");
    const matches = pattern.global ? [...text.matchAll(pattern)] : [text.match(pattern) ?? []];
    return matches.flatMap((match) => match.slice(1).map(Number));
  } catch {
    return [];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

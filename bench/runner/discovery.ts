import type { Simulated, Traffic } from "../discovery/protocol.js";
import { progress } from "./output.js";
import { here } from "./paths.js";
import { Program } from "./program.js";

/** What a network of so many nodes took; where there was a smaller one before, with what that says of growth. */
export interface DiscoveryRow extends Simulated {
  readonly case: "discovery";
  /** By how many percent a node takes more than in the smallest network of the run. */
  readonly growth?: Growth;
}

/** Bytes of memory, and of the traffic of a node's start, of its steady state and of one that leaves. */
export interface Growth {
  readonly memory: number;
  readonly start: number;
  readonly steady: number;
  readonly change: number;
}

const SIZES = [1_000, 3_000, 10_000];
const QUICK_SIZES = [1_000, 3_000];
const HEAP_MB = 12_000;
const simulateMs = 1_800_000;

/** Simulates networks of these sizes, one after the other, each in a process of its own. */
export async function* measureDiscovery(quick: boolean, nodes?: number): AsyncGenerator<DiscoveryRow, void> {
  let first: Simulated | undefined;
  for (const size of nodes === undefined ? (quick ? QUICK_SIZES : SIZES) : [nodes]) {
    progress(`discovery: ${size} nodes`);
    const simulated = await simulate(size);
    yield { case: "discovery", ...simulated, ...(first && { growth: growth(first, simulated) }) };
    first ??= simulated;
  }
}

async function simulate(nodes: number): Promise<Simulated> {
  const path = `${here.programs}/discovery/program.js`;
  const memory = `--max-old-space-size=${HEAP_MB}`;
  const program = new Program(`discovery ${nodes}`, [process.execPath, memory, path, String(nodes)]);
  try {
    return await program.next<Simulated>(simulateMs);
  } finally {
    await program[Symbol.asyncDispose]();
  }
}

function growth(few: Simulated, many: Simulated): Growth {
  const percent = (from: number, to: number) => Math.round((to / from - 1) * 1_000) / 10;
  const traffic = (from: Traffic, to: Traffic) => percent(from.bytes, to.bytes);
  return {
    memory: percent(few.memory.bytes, many.memory.bytes),
    start: traffic(few.start, many.start),
    steady: traffic(few.steady, many.steady),
    change: traffic(few.change, many.change),
  };
}

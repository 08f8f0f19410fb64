import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./arguments.js";
import { buildPackage, compilePrograms, generateStubs, linkPackage } from "./build.js";
import type { RaceName } from "./cases.js";
import { run, step } from "./command.js";
import { progress } from "./output.js";
import { type Checkout, checkoutAt, here } from "./paths.js";

/** Of this bench, what measures Heliograph alone. */
const measuring = ["package.json", "tsconfig.json", "proto", "driver", "peers/ours"];

/** What older commits don't have, the latest first: what it is, the programs that need it, and the cases that need these. */
const news: readonly { what: string; programs: readonly string[]; cases: readonly RaceName[] }[] = [
  {
    what: "topics",
    programs: ["topic-publisher", "topic-subscriber"],
    cases: ["pubsub", "pubsub-fanout", "pubsub-subjects", "pubsub-22k", "pubsub-latency"],
  },
  { what: "discovery", programs: ["found-server", "found-client"], cases: ["unary-discovery"] },
  {
    what: "streams",
    programs: ["stream-server", "stream-client", "chat-client"],
    cases: ["server-stream", "bidi-serial", "stream-unread"],
  },
];

/** Another commit of this repository, checked out and built in a temporary folder until it is disposed. */
export interface Rival extends AsyncDisposable {
  readonly checkout: Checkout;
  /** The cases that it can't run, and why. */
  readonly missing: ReadonlyMap<RaceName, string>;
}

/**
 * Builds another commit, with this commit's programs, so that nothing but Heliograph differs.
 * Throws a `UsageError` when there is no such commit.
 */
export async function buildRival(revision: string): Promise<Rival> {
  const commit = await findCommit(revision);
  const folder = mkdtempSync(join(tmpdir(), "heliograph-bench-"));
  const root = join(folder, "checkout");
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    spawnSync("git", ["worktree", "prune"], { cwd: here.root });
  };
  process.once("exit", remove);
  const dispose = async () => {
    process.off("exit", remove);
    remove();
  };
  try {
    const checkout = checkoutAt(root);
    await step(`checking out ${revision}`, "git", ["worktree", "add", "--detach", root, commit], {
      cwd: here.root,
    });
    // Not `npm ci`, which refuses a lock file that lacks the optional packages of other platforms.
    await step(`packages of ${revision}`, "npm", ["install"], { cwd: root });
    await buildPackage(checkout);
    rmSync(checkout.bench, { recursive: true, force: true });
    for (const path of measuring)
      cpSync(`${here.bench}/${path}`, `${checkout.bench}/${path}`, { recursive: true });
    linkPackage(checkout);
    await generateStubs(checkout);
    const missing = await compileWhatCompiles(checkout, revision);
    return { checkout, missing, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Compiles the programs, without those of what it lacks. Gives the cases that can't be run for that. */
async function compileWhatCompiles(checkout: Checkout, revision: string): Promise<Rival["missing"]> {
  const missing = new Map<RaceName, string>();
  for (const { what, programs, cases } of news) {
    try {
      await compilePrograms(checkout);
      return missing;
    } catch {
      for (const program of programs) rmSync(`${checkout.bench}/peers/ours/${program}.ts`);
      const why = `${revision} seems to have no ${what}: the programs that need it can't be compiled with it`;
      progress(`set-up: ${why}`);
      for (const name of cases) missing.set(name, why);
    }
  }
  // Rejects when it was not them.
  await compilePrograms(checkout);
  return missing;
}

async function findCommit(revision: string): Promise<string> {
  try {
    return (
      await run("git", ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], { cwd: here.root })
    ).trim();
  } catch {
    throw new UsageError(`--against ${revision}: this repository has no such commit`);
  }
}

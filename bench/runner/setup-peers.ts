import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { run, step } from "./command.js";
import { buildGrpcCpp, grpcCppBuilt } from "./grpc-cpp.js";
import type { Checkout } from "./paths.js";
import { type DebianNeed, type Peer, type PeerName, peers } from "./peers.js";
import { stale } from "./stale.js";

/** Why a peer cannot take part, by its name. */
export type Obstacles = ReadonlyMap<PeerName, string>;

/**
 * Brings what these peers need: npm packages, Debian packages, programs in C++. Never rejects.
 * What failed is not tried again by the next run, which would wait for it in vain, unless `again` is set
 * or somebody has brought it meanwhile.
 */
export async function setUpPeers(
  checkout: Checkout,
  names: readonly PeerName[],
  again: boolean,
): Promise<Obstacles> {
  const obstacles = new Map<PeerName, string>();
  for (const name of names) {
    const obstacle = await meetAll(needsOf(name, checkout), `${checkout.bench}/build`, again);
    if (obstacle !== undefined) obstacles.set(name, obstacle);
  }
  return obstacles;
}

/** A need, whether it is met, and how to meet it. */
interface Need {
  readonly name: string;
  met(): boolean | Promise<boolean>;
  bring(): Promise<void>;
}

function needsOf(name: PeerName, checkout: Checkout): Need[] {
  const { npm, debian }: Peer = peers[name];
  return [
    ...(npm ? [modules(checkout)] : []),
    ...(debian === undefined ? [] : [packages(name, debian)]),
    ...(name === "grpc-cpp" ? [binaries(checkout)] : []),
  ];
}

/** Meets needs until one can't be; returns what stands in its way. */
async function meetAll(needs: readonly Need[], notes: string, again: boolean): Promise<string | undefined> {
  for (const need of needs) {
    const obstacle = await meet(need, `${notes}/${need.name}.failed`, again);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

/** Meets one, unless that failed before. */
async function meet(need: Need, note: string, again: boolean): Promise<string | undefined> {
  if (await need.met()) return undefined;
  if (!again && existsSync(note)) {
    return `${readFileSync(note, "utf8")} (npm run bench -- --setup tries again)`;
  }
  try {
    await need.bring();
    rmSync(note, { force: true });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    mkdirSync(dirname(note), { recursive: true });
    writeFileSync(note, message);
    return message;
  }
}

function modules({ bench, modules }: Checkout): Need {
  const sources = [`${bench}/package.json`, `${bench}/package-lock.json`];
  return {
    name: "npm",
    met: () => !stale(`${modules}/.package-lock.json`, sources),
    bring: async () => {
      await step("npm packages of the peers", "npm", ["ci"], { cwd: bench });
    },
  };
}

function packages(name: PeerName, { probe, packages }: DebianNeed): Need {
  return { name: `${name}-packages`, met: () => succeeds(probe), bring: () => installPackages(packages) };
}

function binaries(checkout: Checkout): Need {
  return { name: "grpc-cpp", met: () => grpcCppBuilt(checkout), bring: () => buildGrpcCpp(checkout) };
}

async function installPackages(packages: readonly string[]): Promise<void> {
  const list = packages.join(" ");
  if (process.getuid?.() !== 0 || !(await succeeds("command -v apt-get"))) {
    throw new Error(`needs the Debian packages ${list}; install them, or run this as root`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step("list of Debian packages", "apt-get", ["update", "-q"], { env });
  await step(list, "apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], { env });
}

async function succeeds(command: string): Promise<boolean> {
  return await run("sh", ["-c", command]).then(
    () => true,
    () => false,
  );
}

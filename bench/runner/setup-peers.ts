import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { run, step } from "./command.js";
import { buildGrpcCpp } from "./grpc-cpp.js";
import type { Checkout } from "./paths.js";
import { type Peer, type PeerName, peers, type SystemNeed } from "./peers.js";
import { stale } from "./stale.js";

/** Why a peer cannot take part, by its name. */
export type Obstacles = ReadonlyMap<PeerName, string>;

/**
 * Brings what these peers need: npm packages, Debian packages, programs in C++. Never rejects.
 * A step that failed is not tried again by the next run, which would wait for it in vain, unless `again` is set.
 */
export async function setUpPeers(
  checkout: Checkout,
  names: readonly PeerName[],
  again: boolean,
): Promise<Obstacles> {
  const obstacles = new Map<PeerName, string>();
  for (const name of names) {
    const note = `${checkout.bench}/build/${name}.failed`;
    if (again) rmSync(note, { force: true });
    if (existsSync(note)) {
      obstacles.set(name, `${readFileSync(note, "utf8")} (npm run bench -- --setup tries again)`);
      continue;
    }
    try {
      await setUp(peers[name], checkout);
      if (name === "grpc-cpp") await buildGrpcCpp(checkout);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      obstacles.set(name, message);
      mkdirSync(`${checkout.bench}/build`, { recursive: true });
      writeFileSync(note, message);
    }
  }
  return obstacles;
}

async function setUp({ module, system }: Peer, checkout: Checkout): Promise<void> {
  if (module !== undefined) await installModules(checkout);
  if (system !== undefined && !(await present(system))) await installPackages(system);
}

async function installModules({ bench, modules }: Checkout): Promise<void> {
  const sources = [`${bench}/package.json`, `${bench}/package-lock.json`];
  if (stale(`${modules}/.package-lock.json`, sources)) {
    await step("npm packages of the peers", "npm", ["ci"], { cwd: bench });
  }
}

async function present({ probe }: SystemNeed): Promise<boolean> {
  return await run("sh", ["-c", probe]).then(
    () => true,
    () => false,
  );
}

async function installPackages({ packages }: SystemNeed): Promise<void> {
  const list = packages.join(" ");
  if (process.getuid?.() !== 0 || !(await present({ probe: "command -v apt-get", packages }))) {
    throw new Error(`needs the Debian packages ${list}; install them, or run this as root`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step("list of Debian packages", "apt-get", ["update", "-q"], { env });
  await step(list, "apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], { env });
}

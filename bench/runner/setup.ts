import { existsSync } from "node:fs";
import { buildPackage, compilePrograms, generateStubs, linkPackage } from "./build.js";
import { here } from "./paths.js";
import type { PeerName } from "./peers.js";
import { type Obstacles, setUpPeers } from "./setup-peers.js";

/**
 * Makes everything that a run with these peers needs, as far as it isn't there.
 * Rejects when Heliograph itself cannot be built; gives the peers that cannot take part.
 */
export async function setUp(
  peers: readonly PeerName[],
  { again = false }: { readonly again?: boolean } = {},
): Promise<Obstacles> {
  await buildPackage(here);
  const obstacles = await setUpPeers(here, peers, again);
  linkPackage(here);
  await generateStubs(here);
  // A run without peers, such as `growth` in a fresh checkout, needs none of their packages.
  const lenient = obstacles.size > 0 || !existsSync(`${here.modules}/.package-lock.json`);
  await compilePrograms(here, { lenient });
  return obstacles;
}

// `npm run soak` lists the long forms of some tests, `npm run soak -- NAME…` runs them.
import { spawnSync } from "node:child_process";

/** Name, file or folder in test/integration, what the long form is, and which tests of the file if not all. */
const soaks = [
  ["slow-link", "adversary/slow-link.test.ts", "100 MB payloads beside small calls at 20 MB/s, both ways"],
  ["fuzz", "adversary/fuzz.test.ts", "100,000 messages of garbage against a server, 20,000 against a client"],
  ["cycles", "adversary/cycles.test.ts", "10,000 times open, call, close"],
  ["discovery-simulation", "discovery-simulation.test.ts", "1,000 and 10,000 nodes that find each other"],
  ["interleavings", "interleavings/", "500,000 orders in which two sides can do and hear things"],
  ["channels", "channels/", "300,000 calls among servers that come, go and get into trouble"],
  [
    "discovery-restarts",
    "discovery/rolling-restart.test.ts",
    "three instances restarted ten times each, 5,000 calls/s",
  ],
  [
    "discovery-registry",
    "discovery/outages.test.ts",
    "a registry stopped for 20 s, absent for a minute",
    "a registry is",
  ],
  [
    "discovery-partitions",
    "discovery/outages.test.ts",
    "nodes cut off for up to a minute, eight times",
    "parted from",
  ],
  [
    "discovery-networks",
    "discovery/outages.test.ts",
    "networks parted for up to a minute, nine times",
    "networks",
  ],
  ["discovery-callers", "discovery/outages.test.ts", "a caller stopped for 15 s", "was stopped itself"],
  [
    "discovery-lives",
    "discovery/lives.test.ts",
    "5,000 lives of nodes, 1,000 of them ended while they begin",
  ],
  ["discovery-busy", "discovery/busy.test.ts", "ten minutes on a machine without a moment to spare"],
  [
    "topics-killed",
    "topics/killed.test.ts",
    "ten publishers, ten subscribers, killed at random for five minutes",
  ],
  ["topics-stopped", "topics/stopped.test.ts", "a subscriber stopped for a minute under each policy"],
  ["topics-joins", "topics/late-joins.test.ts", "12,000 subscribers that join under load"],
  ["topics-links", "topics/cut-links.test.ts", "links of subscribers cut 3,600 times"],
];

const names = process.argv.slice(2);
const unknown = names.find((name) => !soaks.some(([known]) => known === name));
if (names.length === 0 || unknown !== undefined) {
  if (unknown !== undefined) console.error(`there is no soak "${unknown}"`);
  for (const [name = "", , what] of soaks) console.log(`npm run soak -- ${name.padEnd(20)} ${what}`);
  process.exit(unknown === undefined ? 0 : 2);
}
for (const name of names) {
  const [, file, , tests] = soaks.find(([known]) => known === name) ?? [];
  const only = tests === undefined ? [] : ["-t", tests];
  const args = ["vitest", "run", `test/integration/${file}`, "--testTimeout=900000", ...only];
  const { status } = spawnSync("npx", args, {
    stdio: "inherit",
    env: { ...process.env, HELIOGRAPH_SOAK: "1" },
  });
  if (status !== 0) process.exit(status ?? 1);
}

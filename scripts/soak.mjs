// `npm run soak` lists the long forms of some tests, `npm run soak -- NAME…` runs them.
import { spawnSync } from "node:child_process";

/** Name, file or folder in test/integration, and what the long form is. */
const soaks = [
  ["slow-link", "adversary/slow-link.test.ts", "100 MB payloads beside small calls at 20 MB/s, both ways"],
  ["fuzz", "adversary/fuzz.test.ts", "100,000 messages of garbage against a server, 20,000 against a client"],
  ["cycles", "adversary/cycles.test.ts", "10,000 times open, call, close"],
  ["interleavings", "interleavings/", "500,000 orders in which two sides can do and hear things"],
];

const names = process.argv.slice(2);
const unknown = names.find((name) => !soaks.some(([known]) => known === name));
if (names.length === 0 || unknown !== undefined) {
  if (unknown !== undefined) console.error(`there is no soak "${unknown}"`);
  for (const [name = "", , what] of soaks) console.log(`npm run soak -- ${name.padEnd(13)} ${what}`);
  process.exit(unknown === undefined ? 0 : 2);
}
for (const name of names) {
  const file = soaks.find(([known]) => known === name)?.[1];
  const { status } = spawnSync("npx", ["vitest", "run", `test/integration/${file}`, "--testTimeout=900000"], {
    stdio: "inherit",
    env: { ...process.env, HELIOGRAPH_SOAK: "1" },
  });
  if (status !== 0) process.exit(status ?? 1);
}

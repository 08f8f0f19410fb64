import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests that say how soon something happens, or how much memory it takes: they have the machine to themselves. */
const measured = [
  "test/integration/adversary/**/*.test.ts",
  "test/integration/discovery/{busy,chaos,crowd,killed,lives,outages,rolling-restart}.test.ts",
  "test/integration/topics/{killed,stopped}.test.ts",
  "test/contract/socket-process.test.ts",
  "test/unit/wire/compression.test.ts",
];

/** Most of them neither wait nor open anything. */
const units = "test/unit/**/*.test.ts";

// Vitest would leave one of two cores to itself.
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  resolve: {
    alias: [
      { find: /^heliograph$/, replacement: at("src/index.ts") },
      { find: /^heliograph\/testing$/, replacement: at("src/testing/index.ts") },
    ],
  },
  // Node 20 has no `await using` of its own.
  oxc: { target: "es2022" },
  test: {
    // A thread that ends with an open ZeroMQ socket takes the whole process with it.
    pool: "forks",
    // Nodes of tests that run side by side must not meet; those that are to meet say where.
    env: { HELIOGRAPH_REGISTRY: "off" },
    // Guards against what hangs, for a machine that does much else. What has to be quick measures that itself.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "units",
          include: [units],
          exclude: measured,
          // Loading the sources anew for each file takes twice as long as the tests.
          isolate: false,
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: [units, ...measured],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "one by one",
          include: measured,
          globalSetup: at("test/integration/discovery/compile.ts"),
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

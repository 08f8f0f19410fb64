import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
    include: ["test/**/*.test.ts"],
    // A thread that ends with an open ZeroMQ socket takes the whole process with it.
    pool: "forks",
    // Vitest would leave one of two cores to itself.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 10_000,
    hookTimeout: 10_000,
  },
});

import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { root, run } from "./run.mjs";

const report = join(root, ".cache", "tests.json");

/**
 * @typedef {{ fullName: string, status: string }} Test
 * @typedef {{ name: string, status: string, assertionResults: Test[] }} TestFile
 * @typedef {{ passed: number, failed: number, skipped: readonly string[] }} Count
 */

/**
 * Runs all tests.
 *
 * @param {readonly string[]} only names of test files; none: all
 */
export async function runTests(only) {
  await mkdir(dirname(report), { recursive: true });
  await rm(report, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const live = process.stdout.isTTY;
  const env = live ? process.env : { ...process.env, NO_COLOR: "1" };
  await run(process.execPath, [vitest, "run", ...reporters, ...only], { live, env });
}

/** What became of the tests that ran last; undefined when they didn't get that far. @returns {Count | undefined} */
export function countTests() {
  /** @type {{ testResults: TestFile[] }} */
  let found;
  try {
    found = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined;
  }
  const tests = found.testResults.flatMap((file) => file.assertionResults);
  const broken = found.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(failed),
  );
  return {
    passed: tests.filter(({ status }) => status === "passed").length,
    // A file that can't be loaded has no tests, and must not pass for one without failures.
    failed: tests.filter(failed).length + broken.length,
    skipped: tests
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => fullName),
  };
}

/** @param {Test} test */
function failed({ status }) {
  return status === "failed";
}

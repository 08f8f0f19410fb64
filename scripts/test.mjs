/**
 * `npm test`: sets up what a fresh clone lacks, then checks everything. `npm test -- NAME…` runs only the test files
 * that have NAME in their path.
 *
 * The last line counts the tests; any other step that failed counts as a failed one. On CI (the variable CI is set)
 * nothing may be skipped.
 */
import process from "node:process";
import { NoEtcd, prepareEtcd } from "./etcd.mjs";
import { NoPython, preparePython } from "./python.mjs";
import { script } from "./run.mjs";
import { build, generate, install } from "./set-up.mjs";
import { step } from "./step.mjs";
import { countTests, runTests } from "./tests.mjs";

const { CI = "" } = process.env;
const onCi = !["", "0", "false"].includes(CI);

/** What some tests need and npm does not have. */
async function programs() {
  // One after the other: Debian's package manager serves one at a time.
  const ready = [
    await step("python", () => optional(preparePython, NoPython)),
    await step("etcd", () => optional(prepareEtcd, NoEtcd)),
  ];
  return !ready.includes(false);
}

/**
 * @param {() => Promise<void>} prepare
 * @param {new () => Error} Missing what it throws when it can't be had here
 */
async function optional(prepare, Missing) {
  try {
    await prepare();
  } catch (error) {
    if (onCi || !(error instanceof Missing)) throw error;
    process.stdout.write(
      `${error.message}\nThe tests that need it fail, or are skipped where they can be.\n`,
    );
  }
}

function checks() {
  return Promise.all([
    build(),
    step("types", script("check")),
    step("lint", script("lint")),
    step("lint of .proto files", script("lint:proto")),
    step("src/gen is up to date", script("check:gen")),
  ]);
}

/**
 * @param {number} failedSteps other than the tests
 * @param {import("./tests.mjs").Count} tests
 */
function conclude(failedSteps, { passed, failed, skipped }) {
  const forbidden = onCi ? skipped : [];
  for (const name of forbidden) process.stdout.write(`skipped, which CI does not allow: ${name}\n`);
  const failures = failed + failedSteps;
  if (failures > 0 || forbidden.length > 0) process.exitCode = 1;
  process.stdout.write(`tests: ${passed} passed, ${failures} failed, ${skipped.length} skipped\n`);
}

async function main() {
  const none = { passed: 0, failed: 0, skipped: [] };
  const ready = await Promise.all([install(), programs()]);
  if (ready.includes(false) || !(await generate())) return conclude(1, none);

  const failedChecks = (await checks()).filter((ok) => !ok).length;
  const ended = await step("tests", () => runTests(process.argv.slice(2)));
  const count = countTests() ?? none;
  // Errors outside of any test fail the run, too.
  const unaccounted = !ended && count.failed === 0 ? 1 : 0;
  conclude(failedChecks + unaccounted, count);
}

await main();

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { allCases } from "./expand-cases.js";
import { type KnownFailures, readKnownFailures } from "./known-failures.js";
import { type Report, reportOf, textOf } from "./report.js";
import { type CaseOutcome, HANDLERS_END, runCases } from "./runner.js";
import { typescriptClient, typescriptServer } from "./testees/commands.js";

const RUN_MS = 60_000;

const known = readKnownFailures(
  fileURLToPath(new URL("./known-failures.json", import.meta.url)),
  "typescript-typescript",
);
const cases = allCases();
const names = new Set([...cases.map(({ name }) => name), HANDLERS_END]);

/** A case that passes, and the same with a result that can't come. */
const right = cases.find(({ name }) => name === "basic/unary/success/protobuf");
if (right === undefined) throw new Error("there is no basic case");
const wrong = { ...right, name: "impossible", expected: { ...right.expected, trailers: [] } };

let outcomes: CaseOutcome[];

beforeAll(async () => {
  outcomes = await runCases({
    client: typescriptClient,
    server: typescriptServer,
    cases: [...cases, wrong],
    known,
  });
}, RUN_MS);

function report(of: readonly CaseOutcome[], listed: KnownFailures): Report {
  const relisted = of.map((each) => ({ ...each, known: listed.get(each.name) }));
  return reportOf(relisted, listed, new Set([...names, wrong.name]));
}

describe("the TypeScript client and server", () => {
  test("pass every case but the known failures", () => {
    const whole = reportOf(
      outcomes.filter(({ name }) => name !== wrong.name),
      known,
      names,
    );
    expect(whole.ok, textOf(whole)).toBe(true);
    expect(whole.passed + whole.knownFailures.length).toBe(names.size);
  });
});

describe("a run", () => {
  const only = (...wanted: string[]) => outcomes.filter(({ name }) => wanted.includes(name));

  test("fails when a case fails, and says what was expected and what came", () => {
    const failing = report(only(right.name, wrong.name), new Map());
    expect(failing.ok).toBe(false);
    expect(failing.passed).toBe(1);
    expect(textOf(failing)).toContain(
      'FAILED  impossible\n          trailers: expected [], got [x-custom-trailer: "bing"]',
    );
  });

  test("is fine when a known failure fails, and still names it", () => {
    const expected = report(only(right.name, wrong.name), new Map([[wrong.name, "can't be"]]));
    expect(expected.ok).toBe(true);
    expect(textOf(expected)).toContain("known   impossible (can't be)");
    expect(textOf(expected)).toMatch(/1 passed, 0 failed, 1 failed as known, 0 passed unexpectedly$/);
  });

  test("fails when a known failure passes", () => {
    const unexpected = report(only(right.name), new Map([[right.name, "not yet"]]));
    expect(unexpected.ok).toBe(false);
    expect(textOf(unexpected)).toContain(`PASSED  ${right.name}, though it is a known failure (not yet)`);
  });

  test("fails when a known failure is no case", () => {
    const unknown = report(only(right.name), new Map([["basic/unary/sucess", "misspelt"]]));
    expect(unknown.ok).toBe(false);
    expect(textOf(unknown)).toContain("UNKNOWN basic/unary/sucess");
  });
});

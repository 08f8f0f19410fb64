import type { KnownFailures } from "./known-failures.js";
import type { CaseOutcome } from "./runner.js";

/** What a run says of two programs. */
export interface Report {
  readonly ok: boolean;
  readonly passed: number;
  /** Failed, and not known to. */
  readonly failed: readonly CaseOutcome[];
  /** Failed as known. */
  readonly knownFailures: readonly CaseOutcome[];
  /** Known to fail, and passed: the list is out of date. */
  readonly unexpectedlyPassed: readonly CaseOutcome[];
  /** Names in the list of known failures that no case has. */
  readonly unknownNames: readonly string[];
}

/** @param names of all cases that there are, also of those that did not run */
export function reportOf(
  outcomes: readonly CaseOutcome[],
  known: KnownFailures,
  names: ReadonlySet<string>,
): Report {
  const failing = outcomes.filter(({ differences }) => differences.length > 0);
  const passing = outcomes.filter(({ differences }) => differences.length === 0);
  const failed = failing.filter((each) => each.known === undefined);
  const unexpectedlyPassed = passing.filter((each) => each.known !== undefined);
  const unknownNames = [...known.keys()].filter((name) => !names.has(name));
  return {
    ok: failed.length + unexpectedlyPassed.length + unknownNames.length === 0,
    passed: passing.length - unexpectedlyPassed.length,
    failed,
    knownFailures: failing.filter((each) => each.known !== undefined),
    unexpectedlyPassed,
    unknownNames,
  };
}

/** The report for people; its last line sums up. */
export function textOf(report: Report): string {
  const lines: string[] = [];
  for (const { name, differences } of report.failed) {
    lines.push(`FAILED  ${name}`, ...differences.map((line) => `          ${line}`));
  }
  for (const { name, known } of report.knownFailures) lines.push(`known   ${name} (${known})`);
  for (const { name, known } of report.unexpectedlyPassed) {
    lines.push(`PASSED  ${name}, though it is a known failure (${known}): take it from the list`);
  }
  for (const name of report.unknownNames) lines.push(`UNKNOWN ${name}: a known failure, but no case`);
  const { passed, failed, knownFailures, unexpectedlyPassed } = report;
  const sums = [
    `${passed} passed`,
    `${failed.length} failed`,
    `${knownFailures.length} failed as known`,
    `${unexpectedlyPassed.length} passed unexpectedly`,
  ];
  return [...lines, sums.join(", ")].join("\n");
}

/** A place in a `.proto` file. Lines and columns count from one, as editors and buf show them. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing in a schema that can't be generated, and what to change. */
export interface Problem {
  readonly where: Location;
  readonly what: string;
  readonly fix: string;
}

/** Takes a problem; reading goes on, so that one run tells them all. */
export type Report = (where: Location, what: string, fix: string) => void;

/** `file:line:column: what; fix`, the form in which buf reports its own. */
export function formatProblem({ where, what, fix }: Problem): string {
  return `${where.file}:${where.line}:${where.column}: ${what}; ${fix}`;
}

/** In the order of files and lines, each line once. */
export function formatProblems(problems: readonly Problem[]): string {
  const sorted = [...problems].sort((a, b) => compareLocations(a.where, b.where));
  return [...new Set(sorted.map(formatProblem))].join("\n");
}

function compareLocations(a: Location, b: Location): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

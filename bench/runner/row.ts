import { cases, type RaceName } from "./cases.js";
import type { Figures } from "./figures.js";

/** A peer that could not be set up, and why. */
export interface Missing {
  readonly missing: string;
}

/** A row that was measured. */
export interface MeasuredRow {
  readonly case: RaceName;
  readonly inFlight: number;
  readonly bytes: number;
  readonly ours: Figures;
  readonly peers: Readonly<Record<string, Figures | Missing>>;
  /** Ours ÷ peer. A throughput wants it high, a time low. */
  readonly ratio: Readonly<Record<string, number>>;
}

/** A row that a failed call ended. */
export interface FailedRow {
  readonly case: RaceName;
  readonly inFlight: number;
  readonly bytes: number;
  readonly error: string;
}

export type Row = MeasuredRow | FailedRow;

/** A row for people. */
export function describeRow(row: Row): string {
  const { unit } = cases[row.case];
  const head = `${row.case}, ${row.inFlight} in flight, ${row.bytes} bytes`;
  if ("error" in row) return `${head}: ${row.error}`;
  const lines = Object.entries(row.peers).map(([name, figures]) =>
    "missing" in figures
      ? `  ${name.padEnd(10)} missing: ${figures.missing}`
      : `  ${name.padEnd(10)} ${describeFigures(figures, unit)}   ours is ${row.ratio[name]} of it`,
  );
  return [head, `  ${"ours".padEnd(10)} ${describeFigures(row.ours, unit)}`, ...lines].join("\n");
}

function describeFigures({ median, min, max }: Figures, unit: string): string {
  const number = (value: number) => value.toLocaleString("en-US");
  return `${number(median)} ${unit} (${number(min)} to ${number(max)})`;
}

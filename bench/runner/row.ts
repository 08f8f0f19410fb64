import { cases, type RaceName } from "./cases.js";
import type { Figures } from "./figures.js";

/** A peer that could not be set up, and why. */
export interface Missing {
  readonly missing: string;
}

/** Bytes of resident memory of a contender's programs. */
export interface Resident {
  readonly server: number;
  readonly client: number;
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
  /** Where unread streams are measured: what every contender's programs take at the end of the last round. */
  readonly rss?: Readonly<Record<string, Resident>>;
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
  const resident = Object.entries(row.rss ?? {}).map(
    ([name, rss]) => `  ${name.padEnd(10)} resident memory: ${describeResident(rss)}`,
  );
  return [head, `  ${"ours".padEnd(10)} ${describeFigures(row.ours, unit)}`, ...lines, ...resident].join(
    "\n",
  );
}

/** Memory for people. */
export function describeResident({ server, client }: Resident): string {
  return `server ${server.toLocaleString("en-US")} bytes, client ${client.toLocaleString("en-US")} bytes`;
}

function describeFigures({ median, min, max }: Figures, unit: string): string {
  const number = (value: number) => value.toLocaleString("en-US");
  return `${number(median)} ${unit} (${number(min)} to ${number(max)})`;
}

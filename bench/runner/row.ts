import { cases, countedBy, type RaceName } from "./cases.js";
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

/** Heliograph's figures, and those of its peers. */
export interface Comparison {
  readonly ours: Figures;
  readonly peers: Readonly<Record<string, Figures | Missing>>;
  /** Ours ÷ peer. A throughput wants it high, a time low. */
  readonly ratio: Readonly<Record<string, number>>;
}

/** A row that was measured. */
export interface MeasuredRow extends Comparison {
  readonly case: RaceName;
  /** Calls in flight, streams at a time, subscribers or subjects. */
  readonly inFlight: number;
  readonly bytes: number;
  /** Where the time of each message is measured: the microseconds that 99 of 100 stay below; the others are medians. */
  readonly p99?: Comparison;
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
  const head = `${row.case}, ${row.inFlight} ${countedBy(row.case)}, ${row.bytes} bytes`;
  if ("error" in row) return `${head}: ${row.error}`;
  const tail = row.p99 === undefined ? [] : ["  99 of 100 below:", ...describeComparison(row.p99, unit)];
  const resident = Object.entries(row.rss ?? {}).map(
    ([name, rss]) => `  ${name.padEnd(10)} resident memory: ${describeResident(rss)}`,
  );
  return [head, ...describeComparison(row, unit), ...tail, ...resident].join("\n");
}

function describeComparison({ ours, peers, ratio }: Comparison, unit: string): string[] {
  const lines = Object.entries(peers).map(([name, figures]) =>
    "missing" in figures
      ? `  ${name.padEnd(10)} missing: ${figures.missing}`
      : `  ${name.padEnd(10)} ${describeFigures(figures, unit)}   ours is ${ratio[name]} of it`,
  );
  return [`  ${"ours".padEnd(10)} ${describeFigures(ours, unit)}`, ...lines];
}

/** Memory for people. */
export function describeResident({ server, client }: Resident): string {
  return `server ${server.toLocaleString("en-US")} bytes, client ${client.toLocaleString("en-US")} bytes`;
}

function describeFigures({ median, min, max }: Figures, unit: string): string {
  const number = (value: number) => value.toLocaleString("en-US");
  return `${number(median)} ${unit} (${number(min)} to ${number(max)})`;
}

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { cases, countedBy, raceNames } from "./cases.js";
import type { Figures } from "./figures.js";
import { line, shown } from "./markdown.js";
import type { OwnRow } from "./own.js";
import { ownTables } from "./own-tables.js";
import { here } from "./paths.js";
import { type Comparison, describeResident, type Row } from "./row.js";

const begin = "<!-- figures: written by npm run bench -->";
const end = "<!-- end of figures -->";

/** Writes what was measured into bench/README.md, between its markers, with the machine and the day. */
export function writeTable(rows: readonly Row[], own: readonly OwnRow[]): void {
  const file = `${here.bench}/README.md`;
  const text = readFileSync(file, "utf8");
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has lost its markers ${begin} and ${end}`);
  const parts = [machine(), ...raceNames.map((name) => caseTable(name, rows)), ...ownTables(own)];
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${parts.join("\n\n")}\n\n${text.slice(to)}`);
}

function machine(): string {
  const processors = cpus();
  const day = new Date().toISOString().slice(0, 10);
  const model = processors[0]?.model.trim() ?? "unknown processor";
  return `${day}, ${model}, ${processors.length} cores, Node ${process.version}, ${process.platform} ${process.arch}.`;
}

function caseTable(name: (typeof raceNames)[number], rows: readonly Row[]): string {
  const own = rows.filter((row) => row.case === name);
  const others = [...new Set(own.flatMap((row) => ("peers" in row ? Object.keys(row.peers) : [])))];
  const { summary, unit } = cases[name];
  const cells = ({ ours, peers, ratio }: Comparison) => {
    const theirs = others.map((other) => {
      const figures = peers[other];
      if (figures === undefined || "missing" in figures) return "missing";
      return `${cell(figures)}, **${ratio[other]}**`;
    });
    return [cell(ours), ...theirs];
  };
  const lines = own.flatMap((row): (string | number)[][] => {
    if ("error" in row) return [[row.inFlight, row.error, ...others.map(() => "")]];
    const first = [row.inFlight, ...cells(row)];
    return row.p99 === undefined ? [first] : [first, [`${row.inFlight}, p99`, ...cells(row.p99)]];
  });
  return [
    `\`${name}\`: ${summary}; ${unit}, median (least to greatest round), **ours ÷ peer**.`,
    "",
    line([countedBy(name), "ours", ...others]),
    line(["---:", "---:", ...others.map(() => "---:")]),
    ...lines.map(line),
    ...residentLines(own),
  ].join("\n");
}

function residentLines(rows: readonly Row[]): string[] {
  const lines = rows.flatMap((row) =>
    Object.entries("rss" in row ? (row.rss ?? {}) : {}).map(
      ([name, rss]) =>
        `Resident memory at the end, ${shown(row.inFlight)} in flight, ${name}: ${describeResident(rss)}.`,
    ),
  );
  return lines.flatMap((text) => ["", text]);
}

function cell({ median, min, max }: Figures): string {
  return `${shown(median)} (${shown(min)} to ${shown(max)})`;
}

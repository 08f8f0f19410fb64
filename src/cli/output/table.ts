import type { Colours } from "./colours.js";
import { printable } from "./printable.js";

/** One column of a table: what its rows say there. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand at the right. Default left. */
  readonly align?: "left" | "right";
  /** The column may be left out where the terminal is narrow; the highest goes first. Default: it stays. */
  readonly spare?: number;
  /** Colours a cell that has its width already. */
  readonly paint?: (text: string, row: Row) => string;
}

/** How a table is drawn. */
export interface TableStyle {
  readonly colours: Colours;
  /** Lines are cut to it; undefined where they may be as long as they are. */
  readonly width: number | undefined;
}

const GAP = "  ";
/** What a cut cell ends with. */
const CUT = "…";
const LEAST_WIDTH = 10;

/**
 * The lines of a table, with a line of titles. A column whose cells are all empty is left out. When the terminal is
 * narrow, columns that can be spared are left out, and then the last one is cut.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): string[] {
  const drawn = columns
    .map((column) => ({ column, texts: rows.map((row) => printable(column.cell(row))) }))
    .filter(({ texts }) => texts.some((text) => text !== ""))
    .map(({ column, texts }) => ({
      column,
      texts,
      width: texts.reduce((most, text) => Math.max(most, width(text)), width(column.title)),
    }));
  if (style.width !== undefined) spare(drawn, style.width);
  const last = drawn.at(-1);
  if (last === undefined) return [];
  if (style.width !== undefined) {
    const before = drawn.slice(0, -1).reduce((sum, each) => sum + each.width + GAP.length, 0);
    last.width = Math.min(last.width, Math.max(LEAST_WIDTH, style.width - before));
  }
  const line = (cells: (each: (typeof drawn)[number]) => string) => drawn.map(cells).join(GAP).trimEnd();
  const titles = line(({ column, width }) => style.colours.bold(fitted(column.title, width, column.align)));
  return [
    titles,
    ...rows.map((row, index) =>
      line(({ column, texts, width }) => {
        const text = fitted(texts[index] ?? "", width, column.align);
        return column.paint === undefined ? text : column.paint(text, row);
      }),
    ),
  ];
}

/** Takes out the columns that can be spared, one after the other, until the others fit. */
function spare(
  drawn: { readonly column: { readonly spare?: number }; readonly width: number }[],
  most: number,
): void {
  while (drawn.reduce((sum, each) => sum + each.width + GAP.length, -GAP.length) > most) {
    const [first] = drawn
      .filter(({ column }) => column.spare !== undefined)
      .sort((a, b) => (b.column.spare ?? 0) - (a.column.spare ?? 0));
    if (first === undefined) return;
    drawn.splice(drawn.indexOf(first), 1);
  }
}

/** The text with the spaces that it lacks, or without what is too much. */
function fitted(text: string, size: number, align: "left" | "right" | undefined): string {
  const missing = size - width(text);
  if (missing < 0) return `${[...text].slice(0, size - 1).join("")}${CUT}`;
  return align === "right" ? " ".repeat(missing) + text : text + " ".repeat(missing);
}

/** In code points: names of nodes and services are ASCII. */
function width(text: string): number {
  return [...text].length;
}

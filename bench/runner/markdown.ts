/** A line of a table. */
export function line(cells: readonly (string | number)[]): string {
  return `| ${cells.map(shown).join(" | ")} |`;
}

/** A table whose first column holds words, the others numbers. */
export function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const align = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(head), line(align), ...lines.map(line)].join("\n");
}

/** A number as people read it. */
export function shown(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}

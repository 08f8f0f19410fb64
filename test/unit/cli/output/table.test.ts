import { describe, expect, test } from "vitest";
import { colours, wantsColours } from "../../../../src/cli/output/colours.js";
import { type Column, table } from "../../../../src/cli/output/table.js";

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly note: string;
}

const columns: readonly Column<Row>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "CALLS", align: "right", cell: ({ calls }) => String(calls) },
  { title: "NOTE", cell: ({ note }) => note },
];
const plain = { colours: colours(false), width: undefined };

describe("a table", () => {
  test("has columns as wide as their widest cell, and no spaces at the end", () => {
    const rows = [
      { name: "greeter", calls: 1, note: "x" },
      { name: "é", calls: 1000000, note: "" },
    ];
    expect(table(columns, rows, plain)).toEqual([
      "NAME       CALLS  NOTE",
      "greeter        1  x",
      "é        1000000",
    ]);
  });

  test("leaves out columns without content", () => {
    expect(table(columns, [{ name: "a", calls: 1, note: "" }], plain)).toEqual([
      "NAME  CALLS",
      "a         1",
    ]);
    expect(table(columns, [], plain)).toEqual([]);
  });

  test("cuts its last column to the terminal, down to ten characters", () => {
    const rows = [{ name: "a", calls: 1, note: "abcdefghijklmnopqrstuvwxyz" }];
    expect(table(columns, rows, { ...plain, width: 30 })[1]).toBe("a         1  abcdefghijklmnop…");
    expect(table(columns, rows, { ...plain, width: 5 })[1]).toBe("a         1  abcdefghi…");
    expect(table(columns, rows, { ...plain, width: 100 })[1]).toBe("a         1  abcdefghijklmnopqrstuvwxyz");
  });

  test("spares columns where the terminal is narrow, and cuts what is left", () => {
    const rows = [{ name: "a", calls: 1, note: "abcdefghij" }];
    const sparing = columns.map((each, i) => (i === 2 ? each : { ...each, spare: 2 - i }));
    const titles = (width: number) => table(sparing, rows, { ...plain, width })[0];
    expect(titles(23)).toBe("NAME  CALLS  NOTE");
    expect(titles(22)).toBe("CALLS  NOTE");
    expect(titles(16)).toBe("NOTE");
    expect(table(sparing, rows, plain)[0]).toBe("NAME  CALLS  NOTE");
  });

  test("colours cells without moving them, and shows no control characters of others", () => {
    const painted = [{ ...columns[0]!, paint: colours(true).red }];
    const rows = [{ name: "a\u001b[2J\nb", calls: 1, note: "" }];
    expect(table(painted, rows, { ...plain, colours: colours(true) })).toEqual([
      "\u001b[1mNAME   \u001b[22m",
      "\u001b[31ma [2J b\u001b[39m",
    ]);
  });
});

describe("colours are wanted", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
  ])("with %j, on a terminal: %s, so: %s", (env, isTerminal, wanted) => {
    expect(wantsColours(env, isTerminal)).toBe(wanted);
  });
});

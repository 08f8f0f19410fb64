import { describe, expect, test } from "vitest";
import { importsOf, withoutTexts } from "../../support/imports.js";

const found = (source: string) => importsOf(source).map(({ specifier }) => specifier);

describe("importsOf", () => {
  test.each([
    ['import { a, type B } from "./a.js";', "./a.js"],
    ['import type { A } from "./a.js";', "./a.js"],
    ['import a from "./a.js";', "./a.js"],
    ['import * as a from "./a.js";', "./a.js"],
    ["import {\n  a,\n  b,\n} from './a.js';", "./a.js"],
    ['import "./a.js";', "./a.js"],
    ['export { a } from "./a.js";', "./a.js"],
    ['export * from "./a.js";', "./a.js"],
    ['export type { A } from "./a.js";', "./a.js"],
    ['const a = await import("./a.js");', "./a.js"],
    ['type A = import("./a.js").A;', "./a.js"],
    ['const a = require("./a.cjs");', "./a.cjs"],
  ])("finds %s", (source, specifier) => {
    expect(found(source)).toEqual([specifier]);
  });

  test.each([
    '// import { a } from "./a.js";',
    '/* import { a } from "./a.js"; */',
    'const text = `\nimport { a } from "./a.js";\n`;',
    "const text = `$" + '{of({ "}": `import("./a.js")` })} import("./a.js")`;',
    'const pattern = /import("a.js")/;',
    'const important = from("./a.js");',
    "export const from = 1;",
  ])("finds nothing in %s", (source) => {
    expect(found(source)).toEqual([]);
  });

  test("tells the line", () => {
    expect(importsOf('// one\n\nimport "./a.js";\nimport "./b.js";')).toEqual([
      { specifier: "./a.js", line: 3 },
      { specifier: "./b.js", line: 4 },
    ]);
  });
});

describe("withoutTexts", () => {
  test("takes a division for no regular expression, and finds what comes after", () => {
    const source = 'const half = a / 2; import("./a.js"); const third = b / 3;';
    expect(found(source)).toEqual(["./a.js"]);
  });

  test("goes on after a quote in a regular expression or comment", () => {
    expect(found('const quote = /["`]/; // it\'s\nimport("./a.js");')).toEqual(["./a.js"]);
  });

  test("keeps lines and columns", () => {
    const source = "a; /* b\n c */ d; `e\nf` // g";
    expect(withoutTexts(source)).toHaveLength(source.length);
    expect(withoutTexts(source).split("\n")).toHaveLength(3);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Code, codeName } from "../src/core/code.js";
import { reasons } from "../src/core/reasons.js";
import { repository, sourceFiles } from "./support/source-files.js";

const page = readFileSync(join(repository, "docs/errors.md"), "utf8");
const entries = page
  .split(/^### /m)
  .slice(1)
  .map((entry) => ({ name: entry.split("\n")[0] ?? "", text: entry }));

const sources = sourceFiles("src").filter(({ path }) => path !== "src/core/reasons.ts");
const named = new Set(
  sources.flatMap(({ text }) =>
    [...text.matchAll(/\breason:[^;]*?"([A-Z][A-Z_]+)"/g)].map(([, name]) => name ?? ""),
  ),
);

describe("the reasons of errors", () => {
  test("are those of docs/errors.md", () => {
    expect(entries.map(({ name }) => name).sort()).toEqual([...reasons].sort());
  });

  test("are all given somewhere", () => {
    const given = (name: string) => sources.some(({ text }) => text.includes(`"${name}"`));
    expect(reasons.filter((name) => !given(name))).toEqual([]);
  });

  test("are the only ones that are given", () => {
    expect([...named].filter((name) => !(reasons as readonly string[]).includes(name))).toEqual([]);
  });
});

describe.each(entries)("docs/errors.md on $name", ({ text }) => {
  test("tells the code and what to do", () => {
    const codes = Object.values(Code).map(codeName);
    const [, told = ""] = /^\[([^\]]+)\]/m.exec(text) ?? [];
    expect(told.match(/[A-Z_]{3,}/g)?.filter((word) => !codes.includes(word))).toEqual([]);
    expect(text).toMatch(/^\*\*Do\*\* /m);
  });
});

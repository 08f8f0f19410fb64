import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as kit from "heliograph";
import * as testing from "heliograph/testing";
import { describe, expect, test } from "vitest";
import { withoutTexts } from "./support/imports.js";
import { repository } from "./support/source-files.js";

const page = readFileSync(join(repository, "docs/api.md"), "utf8");

/** What a section of the page lists: kinds by name. */
function documented(section: string): Map<string, string> {
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const rows = (text.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \| (\w+) \| .+ \|$/gm);
  return new Map([...rows].map(([, name = "", kind = ""]) => [name, kind]));
}

/** Every name that a module exports, types too. */
function exported(path: string): string[] {
  const lists = withoutTexts(readFileSync(join(repository, path), "utf8")).matchAll(
    /export (?:type )?\{([^}]*)\}/g,
  );
  return [...lists].flatMap(([, list = ""]) => list.match(/\w+(?=\s*(?:,|$))/g) ?? []).sort();
}

function kindOf(value: unknown): string {
  if (typeof value !== "function") return "constant";
  return /^class\b/.test(String(value)) ? "class" : "function";
}

describe.each([
  ["heliograph", "src/index.ts", kit],
  ["heliograph/testing", "src/testing/index.ts", testing],
])("%s", (name, path, module: object) => {
  const listed = documented(name);

  test("exports what docs/api.md lists", () => {
    expect(exported(path)).toEqual([...listed.keys()].sort());
  });

  test("has the values that docs/api.md lists as such", () => {
    const values = Object.entries(module).map(([key, value]) => [key, kindOf(value)]);
    expect(Object.fromEntries(values)).toEqual(
      Object.fromEntries([...listed].filter(([, kind]) => kind !== "type")),
    );
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { repository, type SourceFile, sourceFiles } from "./support/source-files.js";

const top = readdirSync(repository)
  .filter((name) => name.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
const pages = [...top, ...["docs", "examples", "bench"].flatMap((folder) => sourceFiles(folder, [".md"]))];

/** The text without blocks of code, in which nothing means what it means elsewhere. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

/** The names by which a page's headings can be linked to. */
function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

function leadsSomewhere({ path, text }: SourceFile, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? path : posix.join(posix.dirname(path), file);
  if (!existsSync(join(repository, target))) return false;
  if (anchor === undefined) return true;
  return anchors(file === "" ? text : readFileSync(join(repository, target), "utf8")).includes(anchor);
}

describe.each(pages)("$path", (page) => {
  test("has no link within the repository that leads nowhere", () => {
    const links = [
      ...prose(page.text)
        .replace(/`[^`\n]*`/g, "")
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].map(([, link = ""]) => link);
    const own = links.filter((link) => !/^https?:/.test(link));
    expect(own.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });
});

test("the index of decisions lists every page, by its number", () => {
  const index = readFileSync(join(repository, "docs/adr/README.md"), "utf8");
  const listed = [...index.matchAll(/^\| \[(\d+)\]\((\d{4})-([a-z0-9-]+\.md)\) \|/gm)];
  const files = readdirSync(join(repository, "docs/adr")).filter((name) => name !== "README.md");
  expect(listed.map(([, , number, name]) => `${number}-${name}`)).toEqual(files.sort());
  expect(listed.map(([, shown]) => Number(shown))).toEqual(listed.map(([, , number]) => Number(number)));
});

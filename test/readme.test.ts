import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, blocksOf, stepsOf } from "./docs/markdown.js";
import { addExamples, makeProject, type Project, repository } from "./docs/project.js";
import { hasPython, Session } from "./docs/session.js";
import { compileSnippets, isSnippet, runSnippets, writeSnippets } from "./docs/snippets.js";
import { faultsOf, isUnrun } from "./docs/unrun.js";

/** Held to the code by test/codegen/guide.test.ts and test/integration/cli/guide.test.ts. */
const OTHERS = ["generate.md", "command.md"];
const guide = readdirSync(join(repository, "docs/guide")).filter((page) => !OTHERS.includes(page));
const pages = ["README.md", ...guide.map((page) => `docs/guide/${page}`)];

const read = pages.map((page) => {
  const text = readFileSync(join(repository, page), "utf8");
  return { page, text, blocks: blocksOf(text) };
});

let snippetProject: Project;
/** What the compiler has against the snippets of any page. */
let snippetFaults: string;

beforeAll(async () => {
  snippetProject = await makeProject();
  await addExamples(snippetProject);
  for (const { page, blocks } of read) await writeSnippets(snippetProject, page, blocks.filter(isSnippet));
  snippetFaults = await compileSnippets(snippetProject);
});
afterAll(() => snippetProject[Symbol.asyncDispose]());

it("all snippets pass the strictest checks of TypeScript", () => {
  expect(snippetFaults).toBe("");
});

describe.each(read)("$page", ({ page, text, blocks }) => {
  const files = blocks.filter((block) => ["proto", "ts", "py"].includes(block.language) && !isSnippet(block));
  const snippets = blocks.filter(isSnippet);
  const consoles = blocks.filter(({ language }) => language === "console");
  let project: Project;

  beforeAll(async () => {
    project = await makeProject();
    if (!files.some(({ language }) => language === "proto")) await addExamples(project);
    for (const { info, text } of files) await project.write(info, text);
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it("has only blocks that are run here, or read", () => {
    const run = [
      ...files,
      ...snippets,
      ...consoles,
      ...blocks.filter(isUnrun),
      ...snippets.flatMap((each) => outputOf(blocks, each) ?? []),
    ];
    expect(blocks.filter((block) => !run.includes(block))).toEqual([]);
    expect(files.filter(({ info }) => info === "")).toEqual([]);
  });

  it("has nothing for other machines that can't be read", () => {
    expect(blocks.filter(isUnrun).flatMap(faultsOf)).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
    expect(links.filter((link) => !existsSync(join(repository, dirname(page), link)))).toEqual([]);
  });

  for (const block of consoles) {
    const steps = stepsOf(block);
    const needsPython = steps.some(({ command }) => command.startsWith("python3 "));
    it.skipIf(needsPython && !hasPython)(`prints what the block of line ${block.line} shows`, async () => {
      await using session = new Session(project);
      for (const step of steps) {
        const { output, errors, code } = await session.run(step);
        expect({ command: step.command, output, errors, code }).toEqual({
          command: step.command,
          output: step.output,
          errors: "",
          code: 0,
        });
      }
      for (const code of await session.end()) expect(code).toBe(0);
    });
  }

  if (snippets.length > 0) {
    it("prints what its snippets show", async () => {
      const { outputs, errors } = await runSnippets(snippetProject, page);
      expect(errors).toBe("");
      const shown = snippets.map((each) => outputOf(blocks, each)?.text ?? "");
      expect(outputs).toEqual(shown);
    });
  }

  // After the commands, which may have made the code that the files import.
  if (files.some(isTypeScript)) {
    it("has TypeScript that passes the strictest checks", async () => {
      expect(await project.typecheck()).toBe("");
    });
  }
});

function isTypeScript({ language }: Block): boolean {
  return language === "ts";
}

/** The block of text right after a snippet. */
function outputOf(blocks: readonly Block[], snippet: Block): Block | undefined {
  const next = blocks[blocks.indexOf(snippet) + 1];
  return next?.language === "text" ? next : undefined;
}

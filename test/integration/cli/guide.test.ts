import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program, run } from "../../../src/cli/program.js";
import { blocksOf, type Step, stepsOf } from "../../docs/markdown.js";
import { repository } from "../../support/source-files.js";
import { fakeTerminal } from "../../unit/cli/fake-terminal.js";
import { type GuideNetwork, startGuideNetwork } from "./guide-network.js";

const page = readFileSync(join(repository, "docs/guide/command.md"), "utf8");
const blocks = blocksOf(page);
const consoles = blocks.filter(({ language }) => language === "console");

let network: GuideNetwork;

beforeAll(async () => {
  network = await startGuideNetwork();
});

afterAll(() => network[Symbol.asyncDispose]());

/** What differs from run to run is replaced by its kind; of what is between columns, one space is left. */
function kinds(text: string): string[] {
  return text.split("\n").map((line) =>
    line
      .replace(/\b[0-9a-f]{8}\b/g, "ID")
      .replace(/^[\d:.]{12}\b/, "CLOCK")
      .replace(/[+-](?=[\d.]+ (µs|ms|s)\b)/g, "±")
      .replace(/\b[\d.]+ (µs|ms|s)\b/g, "TIME")
      .replace(/\b(\d+m)?\d+s\b/g, "AGE")
      .replace(/\b[\d.]+ (B|kB|MB|GB)\b/g, "SIZE")
      .replace(/\b\d+ %/g, "SHARE")
      .replace(/\b\d+ sessions?/g, "SESSIONS")
      .replace(/[\d,]+ open files/g, "FILES")
      .replace(/ +/g, " "),
  );
}

/** What follows `npx helio`, as the shell would take it apart. */
function argsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

/** What a step prints; of a command that goes on, as many lines as are shown. */
async function printed({ command, output }: Step): Promise<string> {
  const [line = "", otherwise] = command.replace(/^npx helio /, "").split(" || ");
  const args = argsOf(network.local(line));
  const asked = /tcp:/.test(line) ? [] : ["--registry", network.registry];
  const terminal = fakeTerminal();
  const ended = run([...args, ...asked], terminal);
  if (args[0] === "watch") {
    const last = kinds(output).at(-1) ?? "";
    await terminal.printed((text) => kinds(network.shown(text))[0] === last);
    terminal.interrupt();
  }
  const code = await ended;
  expect({ command, err: terminal.err, failed: code !== 0 }).toEqual({
    command,
    err: [],
    failed: otherwise !== undefined,
  });
  const after = otherwise === undefined ? [] : [`ended with ${code}`];
  return network.shown([...terminal.out, ...after].join("\n"));
}

describe("docs/guide/command.md", () => {
  test.each(consoles.map((block) => [block.line, block] as const))(
    "shows at line %d what is printed",
    async (_line, block) => {
      for (const step of stepsOf(block)) {
        const [here, there] = [kinds(await printed(step)), kinds(step.output)];
        // Which of several instances is faster is left to chance.
        if (/ (ping|watch) /.test(step.command)) expect(here.sort()).toEqual(there.sort());
        else expect(here).toEqual(there);
      }
    },
  );

  test("names every command, and none that there is not", () => {
    const named = [...page.matchAll(/^\| `helio ([^|]+) \|/gm)]
      .flatMap(([, names = ""]) => names.split(", "))
      .map((name) => name.replaceAll("`", "").trim());
    const there = program(fakeTerminal()).commands.map((command) => command.name());
    expect(named.sort()).toEqual(there.filter((name) => name !== "complete").sort());
  });
});

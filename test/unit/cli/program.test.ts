import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { program } from "../../../src/cli/program.js";
import { repository } from "../../support/source-files.js";
import { fakeTerminal, helio } from "./fake-terminal.js";

/** What a file loads when it is loaded: neither types nor what is loaded later. */
function loads(path: string): string[] {
  const source = readFileSync(join(repository, path), "utf8");
  return [...source.matchAll(/^(?:import|export)(?! type\b)[^;"]* from "([^"]+)";$/gm)].map(
    ([, specifier = ""]) =>
      specifier.startsWith(".")
        ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts")
        : specifier,
  );
}

function everythingLoaded(from: string): string[] {
  const seen = new Set([from]);
  for (const path of seen) {
    if (existsSync(join(repository, path))) for (const next of loads(path)) seen.add(next);
  }
  return [...seen];
}

test("the command loads nothing that connects before it has to", () => {
  const loaded = everythingLoaded("src/cli/main.ts");
  expect(loaded).toContain("src/cli/doctor.ts");
  expect(loaded.filter((path) => /^src\/(gen|rpc|node)\/|zeromq|bufbuild/.test(path))).toEqual([]);
});

describe("each command", () => {
  const commands = program(fakeTerminal()).commands.filter((each) => each.name() !== "complete");
  const names = commands.flatMap((each) => [
    each.name(),
    ...each.commands.map((child) => `${each.name()} ${child.name()}`),
  ]);

  test.each(names)("%s explains itself, with two examples at least", async (name) => {
    const { code, out, err } = await helio(...name.split(" "), "--help");
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toMatch(new RegExp(`^Usage: helio ${name}`));
    expect(out).toContain("Examples:");
    const examples = out.slice(out.indexOf("Examples:"));
    expect(examples.filter((line) => line.includes(`helio ${name}`)).length).toBeGreaterThanOrEqual(2);
  });

  test("is explained by -h, and by helio help, too", async () => {
    const { out } = await helio("ls", "--help");
    for (const args of [
      ["ls", "-h"],
      ["help", "ls"],
    ])
      expect(await helio(...args)).toEqual({ code: 0, out, err: [] });
    expect((await helio("help")).out[0]).toBe("Usage: helio [options] [command]");
    expect((await helio("-h")).out[0]).toBe("Usage: helio [options] [command]");
  });

  test("that prints a result prints it as JSON, too", () => {
    const without = commands.filter(
      (command) =>
        ![command, ...command.commands].some((each) => each.options.some(({ long }) => long === "--json")),
    );
    expect(without.map((each) => each.name())).toEqual(["init", "generate", "completion"]);
  });

  test("is suggested where its name was mistyped", async () => {
    expect(await helio("lss")).toEqual({
      code: 2,
      out: [],
      err: ["error: unknown command 'lss'", "(Did you mean ls?)", "(helio --help shows what there is)"],
    });
    expect((await helio("node", "pose", "greeter")).err[0]).toBe("error: unknown command 'pose'");
    expect((await helio("ls", "--jsn")).err).toContain("(helio ls --help shows how it is used)");
  });
});

import { describe, expect, test } from "vitest";
import { completeWords } from "../../../../src/cli/completion/complete-words.js";
import { program } from "../../../../src/cli/program.js";
import { fakeTerminal } from "../fake-terminal.js";

const helio = program(fakeTerminal());

function words(...line: string[]): string[] {
  return completeWords(helio, line).candidates.map(({ word }) => word);
}

describe("a word is completed", () => {
  test("to the commands that begin so, and to none that is hidden", () => {
    expect(words("")).toEqual(expect.arrayContaining(["init", "ls", "completion"]));
    expect(words("")).not.toContain("complete");
    expect(words("pi")).toEqual(["ping"]);
    expect(words("node", "")).toEqual(["pause", "resume", "drain", "stop", "log-level"]);
    expect(words("ls", "pin")).toEqual([]);
  });

  test("to the options of the command that it belongs to", () => {
    expect(words("ping", "--in")).toEqual(["--interval-ms"]);
    expect(words("node", "drain", "greeter", "--g")).toEqual(["--grace-ms"]);
    expect(words("--ver")).toEqual(["--version"]);
  });

  test("to no option twice, but for those that may be repeated", () => {
    expect(words("ls", "--all", "--a")).toEqual([]);
    expect(words("ls", "--registry", "ipc://a", "--reg")).toEqual(["--registry"]);
  });

  test("to what arguments may be", () => {
    expect(words("ls", "s")).toEqual(["services"]);
    expect(words("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(words("node", "log-level", "greeter", "de")).toEqual(["debug"]);
    expect(words("completion", "bash", "")).toEqual([]);
  });

  test("to nothing after an option that wants a value which can't be known", () => {
    expect(completeWords(helio, ["ls", "--registry", ""])).toMatchObject({
      candidates: [],
      names: undefined,
    });
  });

  test("to names where nodes or services are named", () => {
    const names = (...line: string[]) => completeWords(helio, line).names;
    expect(names("ping", "gr")).toBe("nodes");
    expect(names("node", "pause", "")).toBe("nodes");
    expect(names("ls", "--service", "ex")).toBe("services");
    expect(names("call", "ex")).toBe("methods");
    expect(names("call", "--instance", "")).toBe("nodes");
    expect(names("call", "x.v1.Y/Z", "")).toBeUndefined();
    expect(names("ls", "")).toBeUndefined();
    expect(names("ping", "--count", "")).toBeUndefined();
    expect(names("ping", "--", "--gr")).toBe("nodes");
  });

  test("with what was said of where to look", () => {
    const { given } = completeWords(helio, [
      "ping",
      "--registry=ipc://a",
      "--registry",
      "ipc://b",
      "--remote",
      "",
    ]);
    expect([...given]).toEqual([
      ["registry", ["ipc://a", "ipc://b"]],
      ["remote", [""]],
    ]);
  });
});

import { describe, expect, test } from "vitest";
import { LOCAL_REGISTRY, registriesFrom } from "../../../../src/discovery/registries/registries.js";
import { Code } from "../../../../src/index.js";

const LOCAL = { endpoint: LOCAL_REGISTRY, local: true };

function from(registries: unknown, variable?: string, anyEndpoint?: string) {
  return registriesFrom({ registries: registries as readonly string[] | undefined, variable, anyEndpoint });
}

describe("the registries of a node", () => {
  test.each([
    ["the local one, when nothing was said", undefined, undefined, [LOCAL]],
    ["the local one, when the variable is empty", undefined, " ", [LOCAL]],
    [
      "those of the variable",
      undefined,
      "tcp://r1.invalid:1, tcp://r2.invalid:2,",
      ["tcp://r1.invalid:1", "tcp://r2.invalid:2"],
    ],
    ["none, when the variable is off", undefined, "off", []],
    [
      "those of the option, whatever the variable says",
      ["tcp://r1.invalid:1"],
      "off",
      ["tcp://r1.invalid:1"],
    ],
    ["none, for an empty option", [], "tcp://r1.invalid:1", []],
    ["each once", ["tcp://r1.invalid:1", "tcp://r1.invalid:1"], undefined, ["tcp://r1.invalid:1"]],
    ["the local one by its address", [LOCAL.endpoint], undefined, [LOCAL]],
    ["the local one by its name", ["tcp://r1.invalid:1", "local"], undefined, ["tcp://r1.invalid:1", LOCAL]],
    ["a local one at another port", undefined, "local:7", [{ endpoint: "tcp://127.0.0.1:7", local: true }]],
    ["what somebody runs on this machine", ["tcp://127.0.0.1:1"], undefined, ["tcp://127.0.0.1:1"]],
    ["what somebody runs in a file", ["ipc:///run/registry"], undefined, ["ipc:///run/registry"]],
  ])("are %s", (_name, option, variable, expected) => {
    expect(from(option, variable)).toEqual(
      expected.map((each) => (typeof each === "string" ? { endpoint: each, local: false } : each)),
    );
  });

  test("with another network are its own, unless the variable is off", () => {
    const own = [{ endpoint: "memory://registry", local: true }];
    expect(from(undefined, undefined, "memory://*")).toEqual(own);
    expect(from(undefined, "tcp://r1.invalid:1", "memory://*")).toEqual(own);
    expect(from(undefined, "off", "memory://*")).toEqual([]);
    expect(from(["memory://registry"], "off", "memory://*")).toEqual(own);
    expect(from(["memory://mine"], "off", "memory://*")).toEqual([
      { endpoint: "memory://mine", local: false },
    ]);
  });

  test.each([
    [
      undefined,
      "localhost",
      /HELIOGRAPH_REGISTRY: "localhost" is not an endpoint: write tcp:.*off is for none/,
    ],
    [undefined, "tcp://r1.invalid:1,10.0.0.7:7", /HELIOGRAPH_REGISTRY: "10.0.0.7:7" is not an endpoint/],
    [undefined, "tcp://r1.invalid", /HELIOGRAPH_REGISTRY: .* has no port/],
    [
      undefined,
      "local:70000",
      /HELIOGRAPH_REGISTRY: "local:70000" has no port of this machine: write local:7701 with a port from 1 to 65535, or local/,
    ],
    [["local:99999"], undefined, /registries: "local:99999" has no port of this machine/],
    [["local:"], undefined, /registries: "local:" has no port of this machine/],
    [["local:x"], undefined, /"local:x" has no port/],
    [
      ["off"],
      undefined,
      /registries: "off" is no registry: off is for HELIOGRAPH_REGISTRY; write \[\] for none/,
    ],
    [undefined, "off,tcp://r1.invalid:1", /"off" is no registry: off stands alone, for none/],
    [undefined, "local:0", /"local:0"/],
    [
      ["tcp://r1.invalid:*"],
      undefined,
      /registries: "tcp:\/\/r1.invalid:\*" says nothing of where the registry is/,
    ],
    [
      ["nowhere"],
      undefined,
      /registries: "nowhere" is not an endpoint.*or local for the registry of this machine$/,
    ],
    [[7], undefined, /registries: 7 is not an endpoint/],
    [
      "tcp://r1.invalid:1",
      undefined,
      /registries must be a list such as \["tcp:.*got "tcp:\/\/r1.invalid:1"/,
    ],
    [Array.from({ length: 17 }, (_, n) => `tcp://r.invalid:${n}`), undefined, /names 17 registries/],
  ])("%j and %j are refused with a word on what to write", (option, variable, message) => {
    expect(() => from(option, variable)).toThrow(message);
    expect(() => from(option, variable)).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument, reason: "BAD_OPTION" }),
    );
  });
});

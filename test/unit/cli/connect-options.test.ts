import { describe, expect, test } from "vitest";
import { connectSettings } from "../../../src/cli/connect-options.js";
import { UsageError } from "../../../src/cli/failure.js";

const timeoutMs = 100;
const local = ["tcp://127.0.0.1", "7700"].join(":");

function settings(flags: object, variable?: string) {
  return connectSettings(
    { timeoutMs, ...flags },
    variable === undefined ? {} : { HELIOGRAPH_REGISTRY: variable },
  );
}

describe("where a verb looks", () => {
  test.each([
    [{}, undefined, [local]],
    [{}, "", [local]],
    [{}, "ipc://a, ipc://b", ["ipc://a", "ipc://b"]],
    [{ registry: ["ipc://c", "ipc://c"] }, "ipc://a", ["ipc://c"]],
    [{ registry: ["local"] }, "off", [local]],
    [{ registry: ["tcp://192.0.2.1:1"], remote: true }, undefined, ["tcp://192.0.2.1:1"]],
    [{ endpoint: ["ipc://d"] }, "off", []],
  ])("is, with %j and %s, at %j", (flags, variable, registries) => {
    expect(settings(flags, variable).registries).toEqual(registries);
  });

  test("is a node itself, when its endpoint is told", () => {
    expect(settings({ endpoint: ["ipc://d", "ipc://d"] })).toMatchObject({
      registries: [],
      endpoints: ["ipc://d"],
      timeoutMs,
    });
  });

  test.each([
    [
      {},
      "off",
      "HELIOGRAPH_REGISTRY is off, so there is no registry to ask; name one with --registry, or a node with --endpoint",
    ],
    [{}, "nowhere", /^HELIOGRAPH_REGISTRY: "nowhere" is not an endpoint: .*several are separated by commas/],
    [
      {},
      "tcp://192.0.2.1:1",
      /^HELIOGRAPH_REGISTRY tcp:\/\/192\.0\.2\.1:1 is another machine, .*add --remote/,
    ],
    [
      { registry: ["tcp://127.0.0.1"] },
      undefined,
      /^--registry: "tcp:\/\/127\.0\.0\.1" is not a tcp endpoint, for it has no port/,
    ],
    [{ endpoint: ["here"] }, undefined, /^--endpoint: "here" is not an endpoint/],
    [{ endpoint: ["tcp://192.0.2.1:1"] }, undefined, /^--endpoint tcp:\/\/192\.0\.2\.1:1 is another machine/],
    [
      { endpoint: ["ipc://a"], registry: ["ipc://b"] },
      undefined,
      /^--endpoint asks a node without a registry/,
    ],
  ])("can't be %j with %s", (flags, variable, told) => {
    expect(() => settings(flags, variable)).toThrow(UsageError);
    expect(() => settings(flags, variable)).toThrow(told);
  });
});

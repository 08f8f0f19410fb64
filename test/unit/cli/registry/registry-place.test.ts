import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/cli/failure.js";
import { registryPlace } from "../../../../src/cli/registry/registry-place.js";

const FAR = "tcp://10.0.0.7:7700";

describe("where helio registry listens", () => {
  test.each([
    [undefined, undefined, "tcp://127.0.0.1:7700", undefined],
    [undefined, "off", "tcp://127.0.0.1:7700", undefined],
    [undefined, " local:7701 ", "tcp://127.0.0.1:7701", "local:7701"],
    [undefined, "tcp://127.0.0.1:7702", "tcp://127.0.0.1:7702", undefined],
    [undefined, `${FAR}, local:7701`, "tcp://127.0.0.1:7701", "local:7701"],
    ["local:7703", "local:7701", "tcp://127.0.0.1:7703", "local:7703"],
    ["local", undefined, "tcp://127.0.0.1:7700", "local"],
    ["tcp://127.0.0.1:*", "local:7701", "tcp://127.0.0.1:*", undefined],
  ])("is, for --endpoint %s and the variable %s, %s", (option, variable, endpoint, written) => {
    expect(registryPlace(option, variable, false)).toEqual({ endpoint, written });
  });

  test("is beyond this machine only where that is wanted", () => {
    expect(registryPlace(undefined, FAR, true).endpoint).toBe(FAR);
    expect(() => registryPlace(undefined, FAR, false)).toThrow(/^HELIOGRAPH_REGISTRY tcp:.* add --remote/);
    expect(() => registryPlace(FAR, undefined, false)).toThrow(/^--endpoint tcp:.* add --remote/);
  });

  test.each([
    ["local:99999", undefined, /^--endpoint: "local:99999" /],
    [undefined, "local:x", /^HELIOGRAPH_REGISTRY: "local:x" /],
    [
      undefined,
      "local:7701,local:7702",
      /names tcp:.*7701, tcp:.*7702; say at which of them with --endpoint/,
    ],
  ])("is nowhere for --endpoint %s and the variable %s", (option, variable, told) => {
    expect(() => registryPlace(option, variable, false)).toThrow(UsageError);
    expect(() => registryPlace(option, variable, false)).toThrow(told);
  });
});

import { expect, test } from "vitest";
import { jsonText } from "../../../../src/cli/output/terminal.js";

test("JSON has numbers where they are exact, objects for maps, and nothing for what is undefined", () => {
  const value = {
    small: 12n,
    large: 2n ** 63n,
    map: new Map([["a", { deep: 1n }]]),
    none: undefined,
    list: [undefined, null],
  };
  expect(jsonText(value)).toBe(
    '{"small":12,"large":"9223372036854775808","map":{"a":{"deep":1}},"list":[null,null]}',
  );
});

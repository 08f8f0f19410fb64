import { expect, test } from "vitest";
import { jsonText } from "../../../../src/cli/output/json-text.js";

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
  expect(jsonText(undefined)).toBe("null");
});

test("JSON is one line, or many that people read", () => {
  expect(jsonText({ a: [1] })).toBe('{"a":[1]}');
  expect(jsonText({ a: 1 }, "full")).toBe('{\n  "a": 1\n}');
});

test("JSON lets no control character through", () => {
  const text = "\u0000\u001b[2J\u007f\u009b2J";
  const line = jsonText({ text });
  expect(line).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(line)).toEqual({ text });
});

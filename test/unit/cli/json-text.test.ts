import { expect, test } from "vitest";
import { jsonLine } from "../../../src/cli/json-text.js";

test("jsonLine writes one line, or one that people read", () => {
  expect(jsonLine({ a: [1] })).toBe('{"a":[1]}');
  expect(jsonLine({ a: 1 }, "full")).toBe('{\n  "a": 1\n}');
  expect(jsonLine(undefined)).toBe("null");
});

test("jsonLine lets no control character through, and stays JSON", () => {
  const text = "\u0000\u001b[2J\u007f\u009b2J";
  const line = jsonLine({ text });
  expect(line).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(line)).toEqual({ text });
});

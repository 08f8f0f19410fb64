import { describe, expect, test } from "vitest";
import { interopCases, leftOut } from "./cases.js";
import { openContext } from "./context.js";
import { transports } from "./transports.js";

for (const transport of transports) {
  describe(`interop over ${transport.name}`, () => {
    test.each(interopCases.map((each) => [each.name, each] as const))("%s", async (_name, { run }) => {
      const context = openContext(transport);
      let troubles: string[] = [];
      try {
        await run(context);
      } finally {
        troubles = await context.close();
      }
      expect(troubles).toEqual([]);
    });
  });
}

test("each case has a name of its own, and none that is left out is there", () => {
  const names = interopCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name in leftOut)).toEqual([]);
});

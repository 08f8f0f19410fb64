import { describe, expect, test } from "vitest";
import { interopCases, leftOut } from "./cases.js";
import { openContext } from "./context.js";
import { transports } from "./transports.js";

for (const transport of transports) {
  describe(`interop over ${transport.name}`, () => {
    // Long enough for the largest of them on a machine that has other things to do.
    const options = { timeout: 60_000 };
    test.each(interopCases.map((each) => [each.name, each] as const))(
      "%s",
      options,
      async (_name, { run }) => {
        const context = openContext(transport);
        let troubles: string[] = [];
        try {
          await run(context);
        } finally {
          troubles = await context.close();
        }
        expect(troubles).toEqual([]);
      },
    );
  });
}

test("each case has a name of its own, and none that is left out is there", () => {
  const names = interopCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name in leftOut)).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../../../src/discovery/etcd/etcd-lines.js";

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const ends = [...cuts.map((cut) => Math.round(cut * bytes.length)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    yield bytes.subarray(from, end);
    from = end;
  }
}

async function all(from: AsyncIterable<string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of from) lines.push(line);
  return lines;
}

test("a text has the same lines, however it is cut into pieces", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      async (lines, cuts) => {
        const bytes = Buffer.from(lines.join("\n"));
        expect(await all(linesOf(pieces(bytes, cuts)))).toEqual(lines.filter((each) => each !== ""));
      },
    ),
  );
});

test("a line without end is refused", async () => {
  async function* endless() {
    for (;;) yield Buffer.alloc(400, "a");
  }
  await expect(all(linesOf(endless(), 1_000))).rejects.toThrow(/a line has more than 1000 characters/);
});

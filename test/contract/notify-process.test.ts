import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { deferred, harness, tcp } from "./rpc-harness.js";

const COUNT = 100;

describe("a process that makes one-way calls and is gone", () => {
  const { serve } = harness(tcp);

  test("has made all of them, in order", async () => {
    const numbers: number[] = [];
    const all = deferred();
    const { endpoint, faults, errors } = await serve(
      {
        call: async (note) => {
          numbers.push(Number(note.number));
          if (numbers.length === COUNT) all.resolve();
          return note;
        },
      },
      // Some have to wait for others, though nobody waits for them.
      { serve: { maxConcurrent: 1 } },
    );
    const file = fileURLToPath(new URL("./notify-child.ts", import.meta.url));
    const child = fork(file, [endpoint, String(COUNT)], { execArgv: ["--import", "tsx"] });
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    expect(await exited).toBe(0);
    await all.promise;
    expect(numbers).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    expect([faults, errors]).toEqual([[], []]);
  });
});

import { describe, expect, test } from "vitest";
import { Semaphore } from "../../../src/core/semaphore.js";

describe("a semaphore", () => {
  test("runs so many at a time, in their order, and lets the next one in whatever becomes of one", async () => {
    const semaphore = new Semaphore(2);
    const begun: number[] = [];
    const settle: { resolve(): void; reject(error: Error): void }[] = [];
    const tasks = [0, 1, 2, 3].map((number) =>
      semaphore.run(() => {
        begun.push(number);
        return new Promise<number>((resolve, reject) => {
          settle[number] = { resolve: () => resolve(number), reject };
        });
      }),
    );
    const failed = expect(tasks[1]).rejects.toThrow("no");
    expect(begun).toEqual([0, 1]);
    settle[1]?.reject(new Error("no"));
    await failed;
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2]);
    settle[0]?.resolve();
    await tasks[0];
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2, 3]);
    settle[2]?.resolve();
    settle[3]?.resolve();
    expect(await Promise.all([tasks[0], tasks[2], tasks[3]])).toEqual([0, 2, 3]);
  });
});

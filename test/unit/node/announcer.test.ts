import { describe, expect, test } from "vitest";
import type { Announcement } from "../../../src/naming/instance.js";
import { Announcer } from "../../../src/node/announcer.js";

function made() {
  const told: Announcement[] = [];
  const answers: { resolve(): void; reject(error: unknown): void }[] = [];
  const state = { condition: "serving" as Announcement["condition"], withdrawn: 0 };
  const announcer = new Announcer({
    describe: () => ({
      node: "greeter",
      instance: "i",
      epoch: 1,
      endpoints: [],
      services: [],
      labels: {},
      host: "",
      condition: state.condition,
      kit: "",
      processId: 1,
    }),
    announce(announcement) {
      told.push(announcement);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
    async withdraw() {
      state.withdrawn++;
    },
  });
  return { announcer, told, answers, state };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("an announcer", () => {
  test("tells the newest of what has changed meanwhile, after the one that is under way", async () => {
    const { announcer, told, answers, state } = made();
    const first = announcer.announce();
    state.condition = "paused";
    const second = announcer.announce();
    state.condition = "draining";
    const third = announcer.announce();
    await turn();
    expect(told.map(({ version }) => version)).toEqual([1]);
    answers[0]?.resolve();
    await first;
    await turn();
    expect(told.map(({ version, condition }) => [version, condition])).toEqual([
      [1, "serving"],
      [2, "draining"],
    ]);
    answers[1]?.resolve();
    await Promise.all([second, third]);
  });

  test("goes on after one that nobody took", async () => {
    const { announcer, told, answers } = made();
    const first = announcer.announce();
    const second = announcer.announce();
    answers[0]?.reject(new Error("nobody is there"));
    await expect(first).rejects.toThrow("nobody is there");
    await turn();
    expect(told.map(({ version }) => version)).toEqual([1, 2]);
    answers[1]?.resolve();
    await second;
  });

  test("withdraws what was announced, once, and announces nothing afterwards", async () => {
    const { announcer, told, answers, state } = made();
    const first = announcer.announce();
    answers[0]?.resolve();
    await first;
    await announcer.withdraw();
    await announcer.withdraw();
    await announcer.announce();
    expect([told.length, state.withdrawn]).toEqual([1, 1]);
    const silent = made();
    await silent.announcer.withdraw();
    expect(silent.state.withdrawn).toBe(0);
  });
});

import { expect, test } from "vitest";
import { type Flushable, Turn } from "../../../../src/rpc/session/turn.js";

/** Those who say what they were given since they were flushed last. */
function speakers() {
  const turn = new Turn();
  const sent: string[] = [];
  const make = (id: number) => {
    let gathered = "";
    const flushable: Flushable = {
      id,
      flush: () => {
        sent.push(`${id}:${gathered}`);
        gathered = "";
      },
    };
    return (text: string) => {
      if (gathered === "") turn.add(flushable);
      gathered += text;
    };
  };
  return { sent, make };
}

/** Each in a callback of its own, all in one round of the event loop; resolves after the round. */
function inOneRound(...callbacks: readonly (() => void)[]): Promise<void> {
  return new Promise((resolve) => {
    for (const callback of callbacks) setImmediate(callback);
    setImmediate(() => setImmediate(() => setImmediate(resolve)));
  });
}

test("what one says in a callback, and in the reactions to it, is sent once, when these have run", async () => {
  const { sent, make } = speakers();
  const say = make(1);
  say("a");
  void Promise.resolve().then(() => say("b"));
  expect(sent).toEqual([]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(sent).toEqual(["1:ab"]);
});

test("as long as one alone has something to say, each callback's is sent at its end", async () => {
  const { sent, make } = speakers();
  const say = make(1);
  const counts: number[] = [];
  const callback = () => {
    counts.push(sent.length);
    say("x");
  };
  // The first ones may still have been several.
  for (let i = 0; i < 64; i++) await inOneRound(callback);
  counts.length = 0;
  sent.length = 0;
  await inOneRound(callback, callback, callback);
  expect(counts).toEqual([0, 1, 2]);
});

test("when several have, the first callback's is sent at its end, and that of the others together", async () => {
  const { sent, make } = speakers();
  const [one, other] = [make(1), make(2)];
  await inOneRound(
    () => one("a"),
    () => {
      expect(sent).toEqual(["1:a"]);
      one("b");
      other("c");
    },
    () => {
      expect(sent).toEqual(["1:a"]);
      one("d");
      other("e");
    },
  );
  expect(sent).toEqual(["1:a", "1:bd", "2:ce"]);
});

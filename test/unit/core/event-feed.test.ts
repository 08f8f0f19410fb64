import { expect, test } from "vitest";
import { EventFeed } from "../../../src/core/event-feed.js";
import type { NodeStatus } from "../../../src/node/status.js";

const stalled = (ms: number): NodeStatus => ({ kind: "loop-stalled", ms });

async function all(reader: AsyncIterable<NodeStatus>): Promise<NodeStatus[]> {
  const seen: NodeStatus[] = [];
  for await (const status of reader) seen.push(status);
  return seen;
}

test("every reader gets what is told after it began to follow, in order, and ends when the feed is closed", async () => {
  const feed = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count }));
  feed.tell(stalled(1));
  const early = feed.follow();
  feed.tell(stalled(2));
  const late = all(feed.follow());
  feed.tell(stalled(3));
  feed.close();
  feed.tell(stalled(4));
  expect(await all(early)).toEqual([stalled(2), stalled(3)]);
  expect(await late).toEqual([stalled(3)]);
  expect(await all(feed.follow())).toEqual([]);
});

test("a reader that waits gets the next one at once; several that wait get one each, in their order", async () => {
  const feed = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count }));
  const reader = feed.follow();
  const asked = [reader.next(), reader.next(), reader.next()];
  feed.tell(stalled(1));
  feed.tell(stalled(2));
  feed.close();
  expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([stalled(1), stalled(2), undefined]);
});

test("of what a slow reader leaves lying the oldest are dropped, and it is told how many", async () => {
  const feed = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count }));
  const slow = feed.follow();
  const quick = feed.follow();
  feed.tell(stalled(0));
  expect((await slow.next()).value).toEqual(stalled(0));
  for (let ms = 1; ms <= 1_030; ms++) {
    feed.tell(stalled(ms));
    await quick.next();
  }
  feed.close();
  const rest = await all(slow);
  expect(rest.slice(0, 2)).toEqual([{ kind: "missed", count: 6 }, stalled(7)]);
  expect(rest.length).toBe(1 + 1_024);
  expect(await all(quick)).toEqual([stalled(1_030)]);
});

test("a reader that leaves is not followed any more, and nothing is kept for it", async () => {
  const feed = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count }));
  const reader = feed.follow();
  feed.tell(stalled(1));
  feed.tell(stalled(2));
  for await (const status of reader) {
    expect(status).toEqual(stalled(1));
    break;
  }
  feed.tell(stalled(3));
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});

test("a reader that leaves ends those that wait for it", async () => {
  const reader = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count })).follow();
  const waiting = reader.next();
  await reader.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

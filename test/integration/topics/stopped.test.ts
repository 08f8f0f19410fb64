import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PublisherOptions } from "../../../src/pubsub/publisher/publisher-options.js";
import { Lateness } from "../../support/lateness.js";
import { scaled } from "../../support/soak.js";
import { pass } from "../discovery/pass.js";
import type { Progress, SubscriptionTally } from "./topic-commands.js";
import { startTopicProcess, type TopicProcess } from "./topic-process.js";

const MIB = 1024 * 1024;
const ROOMS = ["attic", "bath", "cellar", "den"];
const PER_SECOND = 40_000;
const BUFFER = 4_096;
/** How long it stands still, beyond what it takes to feel it. */
const STOP_MS = scaled(0, 60_000);
const GUARD_MS = 40_000;
/** Who had to wait for the stopped one would wait for seconds. */
const NOISE_MS = 500;
/** What waits for one subscriber is far less; the rest is what a process takes as it warms up. */
const GROWTH = 64 * MIB;

/** They have other nodes in each test. */
let processes: Scene;
beforeAll(async () => {
  const [publisher, well, stopped] = await Promise.all([
    startTopicProcess(),
    startTopicProcess(),
    startTopicProcess(),
  ]);
  processes = { publisher, well, stopped };
});
afterAll(() => Promise.all(Object.values(processes ?? {}).map((each: TopicProcess) => each.kill())));

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

interface Scene {
  readonly publisher: TopicProcess;
  readonly well: TopicProcess;
  readonly stopped: TopicProcess;
}

async function begin(options: PublisherOptions, stallMs?: number): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "heliograph-topics-"));
  open.push({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
  const { publisher, well, stopped } = processes;
  open.push({
    // Subscribers first: who publishes may wait for them.
    async [Symbol.asyncDispose]() {
      stopped.goOn();
      await Promise.all([well, stopped].map((each) => each.tell("close", {})));
      await publisher.tell("close", {});
    },
  });
  const { endpoint } = await publisher.tell("publish", {
    name: "publisher",
    registries: [],
    stallMs,
    rooms: ROOMS,
    perSecond: PER_SECOND,
    log: join(folder, "published"),
    options: { bufferSize: BUFFER, endpoint: "tcp://127.0.0.1:*", ...options },
  });
  for (const [name, process] of Object.entries({ well, stopped }))
    await process.tell("subscribe", { name, registries: [], stallMs, endpoint, subscriptions: [{}] });
  await progress(publisher, "both to be there", ({ connected }) => connected === 2);
  const from = await publisher.tell("progress", {});
  await well.tell("measure", {});
  await progress(
    publisher,
    "both to warm up",
    ({ published }) => published > from.published + PER_SECOND / 8,
  );
  return { publisher, well, stopped };
}

/** Resolves once the publisher is so far. */
async function progress(publisher: TopicProcess, what: string, holds: (now: Progress) => boolean) {
  const end = performance.now() + GUARD_MS;
  for (;;) {
    const now = await publisher.tell("progress", {});
    if (holds(now)) return now;
    if (performance.now() > end) throw new Error(`waited ${GUARD_MS} ms for ${what}: ${JSON.stringify(now)}`);
    await pass(10);
  }
}

async function only(subscriber: TopicProcess): Promise<SubscriptionTally> {
  const [tally] = await subscriber.tell("tally", {});
  if (tally === undefined) throw new Error("there is no subscription");
  return tally;
}

/** What became of all publications, by the deliveries: `before` were published before it joined. */
function accounted({ lines }: SubscriptionTally) {
  const sum = { before: 0, delivered: 0, missed: 0, last: 0 };
  for (const { first, delivered, missed, last } of Object.values(lines)) {
    sum.before += first - 1;
    sum.delivered += delivered;
    sum.missed += missed;
    sum.last += last;
  }
  return sum;
}

describe("a subscriber that is stopped", () => {
  test.each(["drop-oldest", "drop-newest", "conflate", "evict"] as const)(
    "slows nobody, and all counts are exact when it goes on: %s",
    async (overflow) => {
      const { publisher, well, stopped } = await begin({ overflow, resumeMs: 120_000 });
      using late = new Lateness();
      const before = await only(well);
      const { rss, published } = await publisher.tell("progress", {});
      await well.tell("measure", {});
      await stopped.stop();
      await progress(publisher, "its queue to overflow", (now) =>
        overflow === "evict"
          ? now.connected === 1 && now.published > published + PER_SECOND
          : now.dropped > 0 && now.published > published + PER_SECOND,
      );
      await pass(STOP_MS);
      const during = await only(well);
      const { rss: most } = await publisher.tell("progress", {});
      stopped.goOn();
      const woken = await publisher.tell("progress", {});
      await progress(publisher, "it to go on", (now) => now.published > woken.published + PER_SECOND / 8);
      const end = await publisher.tell("finish", {});
      const [all, some] = await Promise.all([only(well), only(stopped)]);
      console.info(
        `${overflow}: ${end.published} published, ${end.dropped} dropped; p99 ${before.p99Ms} ms before, ${during.p99Ms} ms while it stood still; +${((most - rss) / MIB).toFixed()} MiB`,
      );
      expect(all.faults).toEqual([]);
      expect(some.faults).toEqual([]);
      expect(during.p99Ms).toBeLessThan(NOISE_MS + before.slowestMs + late.ms);
      expect(most - rss).toBeLessThan(GROWTH);
      const [ofAll, ofSome] = [accounted(all), accounted(some)];
      expect(ofAll.before + ofAll.delivered + all.missed).toBe(end.published);
      // Each loss is counted once, on either side.
      expect(all.missed + some.missed).toBe(end.dropped);
      if (overflow === "evict") {
        expect(ofSome.missed).toBe(0);
        await expect.poll(async () => (await only(stopped)).error).toBe("SUBSCRIBER_EVICTED");
        return;
      }
      expect(some.missed).toBeGreaterThan(0);
      expect(ofSome.before + ofSome.delivered + some.missed).toBe(end.published);
      // What was dropped at the very end shows in no delivery.
      expect(ofSome.last - ofSome.before - ofSome.delivered).toBe(ofSome.missed);
    },
  );

  test("makes its publisher wait, which goes on with it, and loses nothing: block", async () => {
    const { publisher, well, stopped } = await begin({ overflow: "block", resumeMs: 120_000 });
    const { rss } = await publisher.tell("progress", {});
    await stopped.stop();
    const waiting = await progress(publisher, "the publisher to wait", ({ waitingMs }) => waitingMs > 300);
    await pass(STOP_MS);
    expect((await publisher.tell("progress", {})).published).toBe(waiting.published);
    expect(waiting.rss - rss).toBeLessThan(GROWTH);
    stopped.goOn();
    await progress(
      publisher,
      "it to go on",
      ({ published }) => published > waiting.published + PER_SECOND / 8,
    );
    const end = await publisher.tell("finish", {});
    for (const tally of await Promise.all([only(well), only(stopped)])) {
      expect(tally.faults).toEqual([]);
      expect(tally).toMatchObject({ missed: 0, dropped: 0, pending: 0 });
      expect(accounted(tally)).toMatchObject({ missed: 0, last: end.published });
    }
  });

  test("makes publishing fail until it goes on, and what did not fail arrives: fail", async () => {
    const { publisher, well, stopped } = await begin({ overflow: "fail", resumeMs: 120_000 });
    const before = await publisher.tell("progress", {});
    await stopped.stop();
    const failing = await progress(
      publisher,
      "publishing to fail",
      ({ refused }) => refused > before.refused + PER_SECOND / 20,
    );
    await pass(STOP_MS);
    stopped.goOn();
    await progress(
      publisher,
      "it to go on",
      ({ published }) => published > failing.published + PER_SECOND / 8,
    );
    const end = await publisher.tell("finish", {});
    expect(failing.rss - before.rss).toBeLessThan(GROWTH);
    for (const tally of await Promise.all([only(well), only(stopped)])) {
      expect(tally.faults).toEqual([]);
      expect(tally).toMatchObject({ missed: 0, dropped: 0, pending: 0 });
      expect(accounted(tally)).toMatchObject({ missed: 0, last: end.published });
    }
  });

  test("for so long that it is given up begins anew, and is told of all that it has missed", async () => {
    const { publisher, well, stopped } = await begin({ overflow: "drop-oldest", resumeMs: 200 }, 1_000);
    await stopped.stop();
    await progress(publisher, "it to be given up", ({ connected, away }) => connected + away === 1);
    await pass(STOP_MS);
    stopped.goOn();
    const back = await progress(publisher, "it to be back", ({ connected }) => connected === 2);
    // What is lost before a subscription shows in the next publication of each subject.
    await progress(
      publisher,
      "all subjects to be published",
      ({ published }) => published > back.published + 100,
    );
    const end = await publisher.tell("finish", {});
    const [all, some] = await Promise.all([only(well), only(stopped)]);
    expect(all.faults).toEqual([]);
    expect(accounted(all)).toMatchObject({ missed: 0, last: end.published });
    expect(some.faults).toEqual([]);
    const { missed, last } = accounted(some);
    expect(last).toBe(end.published);
    expect(missed).toBe(some.missed);
    expect(missed).toBeGreaterThan(0);
  });
});

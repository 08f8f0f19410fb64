import { describe, expect, test } from "vitest";
import { createPublisher, subscribe } from "../../../src/index.js";
import { Grade, type Sample } from "../../gen/heliograph/test/v1/topics.js";
import { TopicsService } from "../../gen/heliograph/test/v1/topics_heliograph.js";
import { until, within } from "../../support/within.js";
import { failure, home, numbers, own, rest, take, turn, upTo } from "./topic-harness.js";

const { byRoom, byPlace, whole } = TopicsService;

describe("a topic", () => {
  test("reaches who subscribes before anybody publishes, and who does after", async () => {
    const { node, connect } = await home();
    const early = own(subscribe(connect(), byRoom));
    await turn();
    const out = own(createPublisher(node, byRoom));
    const late = own(subscribe(connect(), byRoom));
    await out.ready({ subscribers: 2, timeoutMs: 5_000 });
    for (const number of upTo(100)) await out.publish({ room: "a", number });
    out.end();
    expect(numbers(await rest(early))).toEqual(upTo(100));
    expect(numbers(await rest(late))).toEqual(upTo(100));
  });

  test("says who published what when, as which publication of which subject", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byPlace));
    const all = own(subscribe(connect(), byPlace));
    await all.ready({ timeoutMs: 5_000 });
    const before = Date.now();
    const message = { room: "a/b", floor: -2, big: 2n ** 60n, lit: true, grade: Grade.GRADE_FINE };
    await out.publish(message, { metadata: { "x-one": "1" } });
    const [delivery] = await take(all, 1);
    expect(delivery).toMatchObject({
      message,
      key: message,
      subject: "house/a%2Fb/-2/1152921504606846976/true/GRADE_FINE",
      sequence: 1,
      missed: 0,
      history: false,
      publisher: { node: "publisher", instance: node.instance },
    });
    expect(delivery?.metadata.get("x-one")).toBe("1");
    expect(Math.abs((delivery?.sentAt.getTime() ?? 0) - before)).toBeLessThan(60_000);
  });

  test("has subjects of which a subscription means some", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byPlace));
    const connection = connect();
    const by = [
      subscribe(connection, byPlace, { key: { room: "a", lit: false } }),
      subscribe(connection, byPlace, { key: { floor: -1, grade: Grade.GRADE_UNSPECIFIED } }),
      subscribe(connection, byPlace, { key: { big: 7n } }),
      subscribe(connection, byPlace, { subject: "house/**/GRADE_FINE" }),
      subscribe(connection, byPlace, { subject: ["house/%/**", "house/*/1/*/*/*"] }),
    ].map(own);
    await Promise.all(by.map((each) => each.ready({ timeoutMs: 5_000 })));
    const sent: Partial<Sample>[] = [];
    let number = 0;
    for (const room of ["", "a"])
      for (const floor of [-1, 1])
        for (const big of [0n, 7n])
          for (const lit of [true, false])
            for (const grade of [Grade.GRADE_UNSPECIFIED, Grade.GRADE_FINE])
              sent.push({ room, floor, big, lit, grade, number: ++number });
    for (const each of sent) await out.publish(each);
    out.end();
    const meant: ((each: Partial<Sample>) => boolean)[] = [
      ({ room, lit }) => room === "a" && lit === false,
      ({ floor, grade }) => floor === -1 && grade === 0,
      ({ big }) => big === 7n,
      ({ grade }) => grade === 1,
      ({ room, floor }) => room === "" || floor === 1,
    ];
    for (const [index, each] of by.entries())
      expect(numbers(await rest(each))).toEqual(sent.filter(meant[index]!).map((one) => one.number));
  });

  test("without a key has one subject", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, whole));
    const all = own(subscribe(connect(), whole));
    await all.ready({ timeoutMs: 5_000 });
    await out.publish({ number: 1 });
    expect((await take(all, 1))[0]).toMatchObject({ subject: "", key: {}, sequence: 1 });
  });

  test("is published anew after its publisher was closed, with sequences that begin again", async () => {
    const { node, connect } = await home();
    const first = createPublisher(node, byRoom);
    const all = own(subscribe(connect(), byRoom));
    await first.ready({ timeoutMs: 5_000 });
    await first.publish({ room: "a", number: 1 });
    await first.publish({ room: "a", number: 2 });
    expect(await first.close()).toEqual({ publications: 0, subscribers: [] });
    const second = own(createPublisher(node, byRoom));
    await second.ready({ timeoutMs: 5_000 });
    await second.publish({ room: "a", number: 3 });
    const got = await take(all, 3);
    expect(got.map(({ sequence, missed }) => [sequence, missed])).toEqual([
      [1, 0],
      [2, 0],
      [1, 0],
    ]);
    expect(all.stats.missed).toBe(0);
  });

  test("counts what a subject that was forgotten begins again with, and loses none of it", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom, { maxSubjects: 4 }));
    const all = own(subscribe(connect(), byRoom));
    await out.ready({ timeoutMs: 5_000 });
    const rooms = upTo(100).map((number) => ({ room: `${number % 10}`, number }));
    for (const each of rooms) {
      await out.publish(each);
      await out.flush({ level: "sent", timeoutMs: 5_000 });
    }
    out.end();
    expect(numbers(await rest(all))).toEqual(upTo(100));
    expect(out.stats.subjects).toBeLessThanOrEqual(4);
    expect(all.stats.missed).toBe(0);
  });

  test("keeps whole what is published to more subjects at once than are remembered", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom, { maxSubjects: 2, history: 2 }));
    const all = own(subscribe(connect(), byRoom));
    await out.ready({ timeoutMs: 5_000 });
    await Promise.all(upTo(500).map((number) => out.publish({ room: `${number % 7}`, number })));
    out.end();
    expect(numbers(await rest(all))).toEqual(upTo(500));
    expect(all.stats.missed).toBe(0);
  });
});

describe("a publisher that is closed", () => {
  test("says what was left, on its way or waiting", async () => {
    const { node, connect } = await home();
    const out = createPublisher(node, byRoom, { bufferSize: 100 });
    const slow = own(subscribe(connect(), byRoom, { bufferSize: 1 }));
    await slow.ready({ timeoutMs: 5_000 });
    for (const number of upTo(10)) {
      await out.publish({ room: "a", number });
      await turn();
    }
    const left = await out.close({ timeoutMs: 1 });
    expect(left).toMatchObject({ publications: 10, subscribers: [{ node: "client" }] });
  });
});

describe("a subscription that is left", () => {
  test("is over at its publisher, too, at once", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom));
    const connection = connect();
    const ways: ((number: number) => Promise<void>)[] = [
      async () => {
        const all = subscribe(connection, byRoom);
        await out.ready({ timeoutMs: 5_000 });
        await out.publish({ room: "a" });
        for await (const _ of all) break;
      },
      async () => {
        const all = subscribe(connection, byRoom);
        await all.ready({ timeoutMs: 5_000 });
        await all.close();
      },
      async () => {
        const abort = new AbortController();
        const all = subscribe(connection, byRoom, { signal: abort.signal });
        await all.ready({ timeoutMs: 5_000 });
        abort.abort();
        expect(await all.next()).toEqual({ done: true, value: undefined });
      },
    ];
    for (const [index, way] of ways.entries()) {
      await within(5_000, `way ${index}`, way(index));
      await until(5_000, `nobody after way ${index}`, () => out.stats.subscribers.length === 0);
    }
  });

  test("does not hold up who flushes", async () => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, byRoom));
    const connection = connect();
    const all = subscribe(connection, byRoom, { bufferSize: 1 });
    await out.ready({ timeoutMs: 5_000 });
    for (const number of upTo(10)) await out.publish({ room: "a", number });
    const flushed = out.flush({ level: "taken", timeoutMs: 5_000 });
    await turn();
    await all.close();
    await flushed;
    expect((await failure(all.ready({ timeoutMs: 5_000 }))).reason).toBe("CONNECTION_CLOSED");
  });
});

import { describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import {
  createPublisher,
  type Overflow,
  type PublisherEvent,
  type PublisherOptions,
  type SubscribeOptions,
  type SubscriptionEvent,
  subscribe,
} from "../../../src/index.js";
import { until, within } from "../../support/within.js";
import { home, own } from "./topic-harness.js";

const { temperature } = RobotService;

/** Closes it before those who subscribe, and without waiting for what they say. */
function closedFirst(publisher: { close(options: { readonly timeoutMs: number }): Promise<unknown> }): void {
  own({ [Symbol.asyncDispose]: async () => void (await publisher.close({ timeoutMs: 0 })) });
}

/** The next event of a kind. */
async function nextOf<E extends PublisherEvent | SubscriptionEvent, K extends E["kind"]>(
  events: AsyncIterable<E>,
  kind: K,
): Promise<Extract<E, { readonly kind: K }>> {
  for await (const event of events) if (event.kind === kind) return event as Extract<E, { readonly kind: K }>;
  throw new Error(`no ${kind}`);
}

const dropping: readonly Overflow[] = ["drop-oldest", "drop-newest", "conflate"];
const keeping: readonly Overflow[] = ["block", "fail", "evict"];
const pairs: readonly (readonly [PublisherOptions, SubscribeOptions, readonly string[]])[] = [
  ...dropping.flatMap((overflow) => [
    [{ overflow }, { reliability: "best-effort" }, []] as const,
    [
      { overflow },
      { reliability: "reliable" },
      [`the publisher's overflow is ${overflow}: publish with overflow "block", "fail" or "evict"`],
    ] as const,
  ]),
  ...keeping.flatMap((overflow) => [
    [{ overflow }, { reliability: "best-effort" }, []] as const,
    [{ overflow }, { reliability: "reliable" }, []] as const,
  ]),
  [{ history: 3 }, { history: 3 }, []],
  [{ history: 3 }, { history: 4 }, ["a history of 4 is asked for, and the publisher keeps 3"]],
  [{ history: 1 }, { snapshot: true }, []],
  [
    {},
    { snapshot: true },
    ["a history of 1 is asked for, and the publisher keeps 0: publish with history 1"],
  ],
  [{ deadlineMs: 100 }, {}, []],
  [{ deadlineMs: 100 }, { deadlineMs: 100 }, []],
  [
    { deadlineMs: 101 },
    { deadlineMs: 100 },
    ["a publication every 100 ms is asked for, and the publisher offers a deadline of 101 ms"],
  ],
  [{}, { deadlineMs: 100 }, ["and the publisher offers no deadline: publish with deadlineMs 100 or less"]],
  [{ ttlMs: 10_000 }, { lifespanMs: 10 }, []],
  [
    {},
    { reliability: "reliable", deadlineMs: 5, history: 2 },
    ["reliable delivery is asked for", "a publication every 5 ms", "a history of 2"],
  ],
];

describe("what is offered and what is asked for", () => {
  test.each(pairs)("%j and %j: both are told why they don't match %j", async (offer, request, why) => {
    const { node, connect } = await home();
    const out = own(createPublisher(node, temperature, offer));
    const readings = own(subscribe(connect(), temperature, request));
    closedFirst(out);
    if (why.length === 0) {
      await readings.ready({ timeoutMs: 5_000 });
      expect(out.stats.subscribers).toHaveLength(1);
      return;
    }
    const here = nextOf(out.events(), "refused");
    const there = nextOf(readings.events(), "incompatible");
    const told = await within(5_000, "both to be told", Promise.all([here, there]));
    for (const { error } of told) {
      expect(error.reason).toBe("QOS_INCOMPATIBLE");
      for (const each of [temperature.path, ...why]) expect(error.message).toContain(each);
    }
    expect(readings.stats.publishers).toEqual([]);
    const late = await readings.ready({ timeoutMs: 20 }).catch(String);
    expect(late).toContain(why[0]);
  });

  test("match again when the publisher is made anew with another offer, and no more with a lesser one", async () => {
    const { node, connect } = await home();
    const poor = createPublisher(node, temperature, { history: 1 });
    const readings = own(subscribe(connect(), temperature, { history: 2 }));
    const refused = await within(5_000, "a refusal", nextOf(readings.events(), "incompatible"));
    expect(refused.error.message).toContain("the publisher keeps 1");
    await poor.close();
    const rich = createPublisher(node, temperature, { history: 2 });
    await readings.ready({ timeoutMs: 10_000 });
    expect(readings.stats.publishers).toMatchObject([{ history: 2, overflow: "drop-oldest", deadlineMs: 0 }]);
    const again = nextOf(readings.events(), "incompatible");
    await rich.close();
    own(createPublisher(node, temperature));
    expect((await within(10_000, "another refusal", again)).error.message).toContain("the publisher keeps 0");
    expect(readings.stats.publishers).toEqual([]);
  });
});

describe("a publisher", () => {
  test.each(["cut", "hung"])("that is %s is lost, and matched again", async (how) => {
    const { node, connect, network, endpoint } = await home();
    const out = own(createPublisher(node, temperature));
    const readings = own(subscribe(connect({ stallMs: 200 }), temperature));
    closedFirst(out);
    await readings.ready({ timeoutMs: 5_000 });
    const kinds: string[] = [];
    void (async () => {
      for await (const event of readings.events()) kinds.push(event.kind);
    })();
    if (how === "cut") network.cut(endpoint);
    else network.pause(endpoint);
    await until(10_000, "it to be lost", () => kinds.includes("lost"));
    network.resume(endpoint);
    await until(10_000, "it to be matched again", () => kinds.includes("matched"));
    expect(kinds.slice(0, 2)).toEqual(["lost", "matched"]);
    await out.publish({ room: "a" });
    expect((await readings.next()).value?.message.room).toBe("a");
  });
});

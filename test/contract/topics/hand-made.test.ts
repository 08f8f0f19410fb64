import { describe, expect, test } from "vitest";
import type { SubscribeRequest, SubscribeResponse } from "../../../src/gen/heliograph/pubsub/v1/topic.js";
import { TopicService } from "../../../src/gen/heliograph/pubsub/v1/topic_heliograph.js";
import { Code, createClient, createPublisher } from "../../../src/index.js";
import { TopicsService } from "../../gen/heliograph/test/v1/topics_heliograph.js";
import { failure, home, own } from "./topic-harness.js";

type Said = NonNullable<SubscribeRequest["said"]>;

const open = (more: object = {}): Said => ({
  $case: "open",
  value: {
    topic: TopicsService.byRoom.path,
    schemaHash: "",
    patterns: [],
    requested: undefined,
    resume: undefined,
    ...more,
  },
});

/** A subscriber that says these things, one with each response that it gets, and gets so many. */
async function says(said: readonly Said[], responses = said.length): Promise<SubscribeResponse[]> {
  const { node, connect } = await home();
  const out = own(createPublisher(node, TopicsService.byRoom, { history: 3 }));
  await out.publish({ room: "a", number: 1 });
  const left = [...said];
  const asked: (() => void)[] = [];
  const requests = async function* () {
    for (const each of left) {
      yield { said: each };
      await new Promise<void>((resolve) => asked.push(resolve));
    }
  };
  const got: SubscribeResponse[] = [];
  for await (const each of createClient(connect(), TopicService).subscribe(requests())) {
    got.push(each);
    asked.shift()?.();
    if (got.length >= responses) break;
  }
  return got;
}

const many = Array.from({ length: 10_000 }, (_, n) => `room-${n}`);

describe("a subscriber that keeps to nothing", () => {
  test.each([
    ["a pattern that is none", [open({ patterns: ["a//b"] })]],
    ["a pattern that is too long", [open({ patterns: ["a".repeat(2_000)] })]],
    ["more patterns than are taken", [open({ patterns: many })]],
    ["patterns of a topic that nobody publishes", [open({ topic: "none", patterns: ["**a"] })]],
    [
      "a change before it opens anything",
      [{ $case: "change", value: { number: 1n, patterns: [], intervalMs: 0 } }],
    ],
    [
      "a change to a pattern that is none",
      [open(), { $case: "change", value: { number: 1n, patterns: ["*a"], intervalMs: 0 } }],
    ],
    [
      "a change to too many",
      [open(), { $case: "change", value: { number: 1n, patterns: many, intervalMs: 0 } }],
    ],
  ] as [string, Said[]][])("is refused with INVALID_ARGUMENT: %s", async (_, said) => {
    expect(await failure(says(said, 100))).toMatchObject({ code: Code.InvalidArgument });
  });

  test("is refused a history that nobody keeps", async () => {
    const requested = { reliability: 0, history: 0xffffffff, deadlineMs: 0, lifespanMs: 0, intervalMs: 0 };
    expect(await failure(says([open({ requested })]))).toMatchObject({ reason: "QOS_INCOMPATIBLE" });
  });

  test("may claim progress that it can't have made, and resume what never was", async () => {
    const most = 2n ** 64n - 1n;
    const progress: Said = {
      $case: "progress",
      value: { received: most, dropped: most, pending: 0xffffffff, answer: most },
    };
    const got = await says([open({ resume: { subscription: "none", received: most } }), progress]);
    expect(got[0]?.said).toMatchObject({ $case: "accepted", value: { resumed: false } });
  });
});

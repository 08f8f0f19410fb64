import { describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { backoffFrom } from "../../../src/core/backoff.js";
import { systemClock } from "../../../src/core/clock.js";
import { type ClientConnection, createPublisher } from "../../../src/index.js";
import {
  checkSubscribeOptions,
  type SubscribeOptions,
} from "../../../src/pubsub/subscriber/subscribe-options.js";
import {
  type PublisherListener,
  TopicSubscription,
} from "../../../src/pubsub/subscriber/topic-subscription.js";
import { TopicKey } from "../../../src/pubsub/topic-key.js";
import { home, own, take } from "./topic-harness.js";

const topic = RobotService.temperature;

/** A subscription to publishers behind these connections, who come and go by hand. */
function subscribeTo(connections: readonly ClientConnection[], options: SubscribeOptions = {}) {
  let listener: PublisherListener | undefined;
  const subscription = own(
    new TopicSubscription(topic, checkSubscribeOptions(options, new TopicKey(topic)), undefined, {
      clock: systemClock,
      backoff: backoffFrom({ initialMs: 1, maxMs: 10 }),
      source: {
        watch(told) {
          listener = told;
          for (const [index, transport] of connections.entries())
            told.found(String(index), { transport, instance: undefined, peer: { node: "", instance: "" } });
          return () => {};
        },
      },
      closed() {},
    }),
  );
  return { subscription, gone: (index: number) => listener?.gone(String(index)) };
}

async function twoPublishers() {
  const homes = [await home(), await home()];
  const publishers = homes.map(({ node }) => own(createPublisher(node, topic, { overflow: "block" })));
  return { publishers, connections: homes.map((each) => each.connect()) };
}

describe("a subscription to several publishers", () => {
  test("tells each that its publications were taken, whoever published what is taken last", async () => {
    const { publishers, connections } = await twoPublishers();
    const [one, other] = publishers;
    const { subscription } = subscribeTo(connections);
    await subscription.ready({ publishers: 2 });
    await one!.publish({ room: "a" });
    await one!.flush();
    await other!.publish({ room: "b" });
    await other!.flush();
    const taken = one!.flush({ level: "taken" });
    await take(subscription, 2);
    await taken;
  });

  test("gets what a publisher has sent that is gone by then", async () => {
    const { publishers, connections } = await twoPublishers();
    const [one, other] = publishers;
    const { subscription, gone } = subscribeTo(connections, { bufferSize: 1 });
    await subscription.ready({ publishers: 2 });
    for (let n = 1; n <= 20; n++) await one!.publish({ room: "a", celsius: n });
    one!.end();
    await one!.flush({ level: "sent" });
    gone(0);
    other!.end();
    const celsius: number[] = [];
    for await (const { message } of subscription) celsius.push(message.celsius);
    expect(celsius).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  test("is flushed of what waits for its interval, too", async () => {
    const { publishers, connections } = await twoPublishers();
    const [one] = publishers;
    const { subscription } = subscribeTo(connections.slice(0, 1), { intervalMs: 100_000 });
    await subscription.ready();
    for (const celsius of [1, 2, 3]) {
      await one!.publish({ room: "a", celsius });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await one!.flush();
    const all = await take(subscription, 2);
    expect(all.map(({ message, missed }) => [message.celsius, missed])).toEqual([
      [1, 0],
      [3, 1],
    ]);
  });
});

import { expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { createPublisher, type SubscribeOptions, subscribe } from "../../../src/index.js";
import { home, own } from "./topic-harness.js";

/** What a reader gets that begins when ten publications, each in a packet of its own, have come to it. */
async function tenInto(options: SubscribeOptions) {
  const { node, connect } = await home();
  const out = own(createPublisher(node, RobotService.temperature));
  const readings = own(subscribe(connect(), RobotService.temperature, { bufferSize: 2, ...options }));
  await readings.ready();
  for (let celsius = 1; celsius <= 10; celsius++) {
    await out.publish({ room: "kitchen", celsius });
    await out.flush();
  }
  const { dropped } = readings.stats;
  out.end();
  const got: number[] = [];
  let missed = 0;
  for await (const delivery of readings) {
    got.push(delivery.message.celsius);
    missed += delivery.missed;
  }
  return { got, missed, dropped };
}

test("a reader that drops the oldest gets the last ones, however they have come", async () => {
  expect(await tenInto({ overflow: "drop-oldest" })).toEqual({ got: [9, 10], missed: 8, dropped: 8 });
});

test("a reader that drops the newest gets the first ones", async () => {
  expect(await tenInto({ overflow: "drop-newest" })).toEqual({ got: [1, 2], missed: 0, dropped: 8 });
});

test("a reader that conflates gets the latest of each subject", async () => {
  expect(await tenInto({ overflow: "conflate", bufferSize: 1 })).toEqual({
    got: [10],
    missed: 9,
    dropped: 9,
  });
});

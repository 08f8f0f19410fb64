import { afterEach, describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import {
  connectTo,
  createNode,
  createPublisher,
  insecure,
  type SocketFactory,
  subscribe,
} from "../../../src/index.js";
import { memoryNetwork } from "../../../src/testing/index.js";
import { silent } from "../../contract/rpc-harness.js";
import { Random } from "../../support/random.js";
import { scaled } from "../../support/soak.js";
import { turn } from "../../support/turn.js";
import { within } from "../../support/within.js";
import { endpointsOf } from "./endpoints-of.js";
import { SequenceCheck } from "./sequence-check.js";

const ROOMS = ["attic", "bath", "cellar", "den"];
const HISTORY = 3;
/** After its history, each reads so much of what goes on. */
const READ = 40;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A publisher that never rests, and says what it has published of a room. */
function busyPublisher(network: SocketFactory | undefined, endpoint: string, seed: number) {
  const node = createNode({
    name: "publisher",
    registries: [],
    security: insecure(),
    logger: silent,
    network,
  });
  const publisher = createPublisher(node, RobotService.temperature, { history: HISTORY, endpoint });
  const counts = new Map<string, number>();
  const random = new Random(seed);
  let over = false;
  const publishing = (async () => {
    while (!over) {
      for (let burst = 1 + random.below(8); burst > 0; burst--) {
        const room = random.pick(ROOMS);
        const number = (counts.get(room) ?? 0) + 1;
        counts.set(room, number);
        await publisher.publish({ room, celsius: number });
      }
      await turn();
    }
  })();
  open.push({
    async [Symbol.asyncDispose]() {
      over = true;
      await publishing;
      await publisher.close({ timeoutMs: 0 });
      await node.close({ graceMs: 0 });
    },
  });
  return { node, publisher, counts };
}

describe.each([
  ["in memory", memoryNetwork, "memory://publisher", scaled(300, 10_000)],
  ["over tcp", () => undefined, "tcp://127.0.0.1:*", scaled(60, 2_000)],
] as const)("who joins under load, %s", (_name, makeNetwork, endpoint, joins) => {
  test(
    "begins with the history of each subject and goes on without a gap or a double",
    async () => {
      const network = makeNetwork();
      const { node, counts, publisher } = busyPublisher(network, endpoint, joins);
      await within(
        20_000,
        "all rooms to have a history",
        (async () => {
          while (ROOMS.some((room) => (counts.get(room) ?? 0) < HISTORY)) await turn();
        })(),
      );
      const endpoints = await endpointsOf(node);
      const connections = Array.from({ length: 4 }, (_, n) =>
        connectTo(endpoints, { name: `joiner-${n}`, security: insecure(), logger: silent, network }),
      );
      open.push(...connections);
      let left = joins;
      const joiner = async (connection: (typeof connections)[number]) => {
        while (left-- > 0) {
          const check = new SequenceCheck();
          const subscription = subscribe(connection, RobotService.temperature, { history: HISTORY });
          let read = 0;
          for await (const delivery of subscription) {
            check.add(delivery);
            read++;
            if (read >= ROOMS.length * HISTORY + READ) break;
          }
          expect(check.faults).toEqual([]);
          const lines = [...check.lines.values()];
          expect(lines.map(({ missed, history }) => ({ missed, history }))).toEqual(
            ROOMS.map(() => ({ missed: 0, history: HISTORY })),
          );
        }
      };
      // Several at a time on each connection.
      await Promise.all([...connections, ...connections].map(joiner));
      // All of them have left.
      await expect.poll(() => publisher.stats.subscribers.length).toBe(0);
    },
    scaled(60_000, 900_000),
  );
});

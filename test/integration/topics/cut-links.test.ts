import { afterEach, describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { connectTo, createNode, createPublisher, insecure, subscribe } from "../../../src/index.js";
import { silent } from "../../contract/rpc-harness.js";
import { type CuttableLink, cuttableLink } from "../../support/cuttable-link.js";
import { Random } from "../../support/random.js";
import { scaled, soaking } from "../../support/soak.js";
import { turn } from "../../support/turn.js";
import { until } from "../../support/within.js";
import { endpointsOf } from "./endpoints-of.js";
import { SequenceCheck } from "./sequence-check.js";

const ROOMS = ["attic", "bath", "cellar"];
const SUBSCRIBERS = 3;
const CUTS = scaled(5, 300);
const SEED = soaking ? Date.now() % 100_000 : 7;
/** Long enough for all that is done to the links here. */
const RESUME_MS = 60_000;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** Cuts a link again and again; each cut waits until the subscription stood, and something has come since. */
async function cut(link: CuttableLink, random: Random, resumes: () => number, received: () => number) {
  for (let n = 0; n < CUTS; n++) {
    const before = { resumes: resumes(), received: received() };
    const more = 1 + random.below(400);
    await until(20_000, "publications to arrive", () => received() >= before.received + more);
    // What is under way in one direction, in the other or in both is lost with the connection.
    link.part(...random.pick([["up"], ["down"], ["up", "down"]] as const));
    for (let turns = random.below(30); turns > 0; turns--) await turn();
    link.heal(true);
    await until(20_000, "the subscription to go on", () => resumes() > before.resumes);
  }
}

describe("links that are cut at random while much is published", () => {
  test.each([
    { overflow: "block", bufferSize: 1_024 },
    { overflow: "drop-oldest", bufferSize: 16 },
    { overflow: "drop-newest", bufferSize: 16 },
    { overflow: "conflate", bufferSize: 16 },
  ] as const)(
    "lose nothing that is not counted: $overflow, room for $bufferSize",
    async (options) => {
      const random = new Random(SEED);
      const common = { security: insecure(), logger: silent };
      const node = createNode({ name: "publisher", registries: [], ...common });
      open.push({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
      const publisher = createPublisher(node, RobotService.temperature, {
        ...options,
        resumeMs: RESUME_MS,
        endpoint: "tcp://127.0.0.1:*",
      });
      const [endpoint = ""] = await endpointsOf(node);
      const readers = await Promise.all(
        Array.from({ length: SUBSCRIBERS }, async (_, n) => {
          const link = await cuttableLink(endpoint);
          open.push(link);
          const connection = connectTo([link.endpoint], {
            name: `subscriber-${n}`,
            backoff: { initialMs: 5, maxMs: 20 },
            ...common,
          });
          open.push(connection);
          const check = new SequenceCheck();
          const subscription = subscribe(connection, RobotService.temperature);
          const tally = { received: 0, resumes: 0, begun: 0 };
          void (async () => {
            for await (const event of subscription.events()) {
              if (event.kind !== "matched") continue;
              if (event.resumed) tally.resumes++;
              else tally.begun++;
            }
          })();
          const done = (async () => {
            for await (const delivery of subscription) {
              check.add(delivery);
              tally.received++;
            }
          })();
          return { link, subscription, check, tally, done };
        }),
      );
      await publisher.ready({ subscribers: SUBSCRIBERS, timeoutMs: 20_000 });
      const counts = new Map(ROOMS.map((room) => [room, 0]));
      let over = false;
      const publishing = (async () => {
        while (!over) {
          for (let burst = random.below(40); burst > 0; burst--) {
            const room = random.pick(ROOMS);
            const celsius = (counts.get(room) ?? 0) + 1;
            counts.set(room, celsius);
            await publisher.publish({ room, celsius });
          }
          await turn();
        }
      })();
      await Promise.all(
        readers.map(({ link, tally }, n) =>
          cut(
            link,
            new Random(SEED + n),
            () => tally.resumes,
            () => tally.received,
          ),
        ),
      );
      over = true;
      await publishing;
      await publisher.flush({ level: "taken", timeoutMs: 30_000 });
      const { published, dropped } = publisher.stats;
      let missedByAll = 0;
      for (const { check, subscription, tally } of readers) {
        expect(check.faults).toEqual([]);
        const { received, missed, dropped: droppedHere } = subscription.stats;
        expect(droppedHere).toBe(0);
        expect(tally.begun).toBe(1);
        expect(received + missed).toBe(published);
        expect(tally.received).toBe(received);
        missedByAll += missed;
      }
      expect(missedByAll).toBe(dropped);
      if (options.overflow === "block") expect(dropped).toBe(0);
      publisher.end();
      await Promise.all(readers.map(({ done }) => done));
    },
    scaled(60_000, 900_000),
  );
});

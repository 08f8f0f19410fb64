import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PublisherOptions } from "../../../src/pubsub/publisher/publisher-options.js";
import { Random } from "../../support/random.js";
import { scaled } from "../../support/soak.js";
import { pass } from "../discovery/pass.js";
import { Scene } from "../discovery/scene.js";
import type { Progress, SubscriptionTally } from "./topic-commands.js";
import { startTopicProcess, type TopicProcess } from "./topic-process.js";

const PUBLISHERS = scaled(3, 10);
const SUBSCRIBERS = scaled(3, 10);
const FOR_MS = scaled(3_000, 300_000);
const SEED = scaled(1, Date.now() % 100_000);
const PER_SECOND = 400;
/** So many that some of one room are published in one turn, of which only the last is wanted. */
const PER_SECOND_CONFLATED = 3_000;
const HEARTBEAT_MS = 300;
const GUARD_MS = 40_000;
/** All that is published in one life. */
const KEPT = 1_048_576;
/** Nobody waits for long for those who were killed. */
const RESUME_MS = 500;

/** What publishers are like, in turn; the first kind keeps all that it has published. */
const kinds: readonly PublisherOptions[] = [
  { history: KEPT, bufferSize: 16 },
  { overflow: "conflate" },
  { overflow: "block", bufferSize: 64 },
  { overflow: "drop-newest", bufferSize: 16 },
];

/** A process that publishes, and where it says how much. */
interface LivePublisher {
  readonly process: TopicProcess;
  readonly instance: string;
}

/** Publishers and subscribers, each in a place in which it is killed and started again. */
class Troupe {
  readonly publishers: LivePublisher[] = [];
  readonly subscribers: TopicProcess[] = [];
  /** By instance, of all lives: where its publications are counted, and of which rooms. */
  readonly logs = new Map<string, { readonly file: string; readonly rooms: readonly string[] }>();
  /** What those said that were killed later. */
  readonly said: SubscriptionTally[] = [];
  lives = 0;
  private readonly scene: Scene;
  private readonly folder: string;
  private readonly registry: string;

  constructor(scene: Scene, folder: string, registry: string) {
    this.scene = scene;
    this.folder = folder;
    this.registry = registry;
  }

  async begin(): Promise<void> {
    await Promise.all([
      ...Array.from({ length: PUBLISHERS }, (_, place) => this.publish(place)),
      ...Array.from({ length: SUBSCRIBERS }, (_, place) => this.subscribe(place)),
    ]);
  }

  /** Until the time is over; what befalls one does not depend on how long it takes for another. */
  async rage(forMs: number): Promise<void> {
    const end = performance.now() + forMs;
    const suffer = async (random: Random, strike: () => Promise<void>) => {
      for (;;) {
        await pass(300 + random.below(2_500));
        if (performance.now() > end) return;
        await strike();
      }
    };
    await Promise.all([
      ...this.publishers.map((_, place) =>
        suffer(new Random(SEED + place), async () => {
          await this.publishers[place]?.process.kill();
          await this.publish(place);
        }),
      ),
      ...this.subscribers.map((_, place) =>
        suffer(new Random(SEED + 1_000 + place), async () => {
          const process = this.subscribers[place];
          this.said.push(...((await process?.tell("tally", {})) ?? []));
          await process?.kill();
          await this.subscribe(place);
        }),
      ),
    ]);
  }

  /** Resolves once all publishers are so far. */
  async all(what: string, holds: (now: Progress, place: number) => boolean): Promise<readonly Progress[]> {
    const end = performance.now() + GUARD_MS;
    for (;;) {
      const now = await Promise.all(this.publishers.map(({ process }) => process.tell("progress", {})));
      if (now.every(holds)) return now;
      if (performance.now() > end)
        throw new Error(`waited ${GUARD_MS} ms for ${what}: ${JSON.stringify(now)}`);
      await pass(20);
    }
  }

  /** How much an instance has published to a subject. */
  published(line: string): number {
    const [instance = "", room = ""] = line.split(" ");
    const log = this.logs.get(instance);
    if (log === undefined) throw new Error(`nobody is ${instance}`);
    const counts = readFileSync(log.file);
    return counts.length === 0 ? 0 : counts.readUInt32LE(log.rooms.indexOf(room) * 4);
  }

  private async publish(place: number): Promise<void> {
    const life = this.lives++;
    const process = this.scene.own(await startTopicProcess());
    const rooms = ["attic", "bath", "cellar"].map((room) => `${room}-${place}`);
    const kind = kinds[place % kinds.length];
    const log = join(this.folder, `life-${life}`);
    const { instance } = await process.tell("publish", {
      name: `publisher-${place}`,
      registries: [this.registry],
      options: { ...kind, resumeMs: RESUME_MS },
      rooms,
      perSecond: kind?.overflow === "conflate" ? PER_SECOND_CONFLATED : PER_SECOND,
      log,
    });
    this.logs.set(instance, { file: log, rooms });
    this.publishers[place] = { process, instance };
  }

  private async subscribe(place: number): Promise<void> {
    this.lives++;
    const process = this.scene.own(await startTopicProcess());
    await process.tell("subscribe", {
      name: `subscriber-${place}`,
      registries: [this.registry],
      // The second is for those publishers only that keep everything.
      subscriptions: [{}, { history: KEPT }],
    });
    this.subscribers[place] = process;
  }
}

test(
  "of publishers and subscribers that are killed at random nothing comes twice, out of order or is missed unseen",
  async () => {
    await using scene = new Scene();
    const folder = await mkdtemp(join(tmpdir(), "heliograph-topics-"));
    scene.own({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
    const { endpoint } = await scene.registry(HEARTBEAT_MS);
    const troupe = new Troupe(scene, folder, endpoint);
    await troupe.begin();
    await troupe.rage(FOR_MS);

    // All that live find each other, and hear of each subject.
    const kept = (place: number) => place % kinds.length === 0;
    const meets = await troupe.all(
      "all to be connected",
      ({ connected, away }, place) => away === 0 && connected === SUBSCRIBERS * (kept(place) ? 2 : 1),
    );
    await troupe.all(
      "all subjects to be published",
      ({ published }, place) => published > (meets[place]?.published ?? 0) + 100,
    );
    await Promise.all(troupe.publishers.map(({ process }) => process.tell("finish", {})));
    const lasting = (
      await Promise.all(troupe.subscribers.map((process) => process.tell("tally", {})))
    ).flat();

    let delivered = 0;
    let missed = 0;
    for (const tally of [...troupe.said, ...lasting]) {
      expect(tally.faults).toEqual([]);
      for (const [name, line] of Object.entries(tally.lines)) {
        expect(line.last, name).toBeLessThanOrEqual(troupe.published(name));
        expect(line.delivered + line.missed, name).toBe(line.last - line.first + 1);
        delivered += line.delivered;
        missed += line.missed;
      }
    }
    for (const [index, { lines, missed, dropped }] of lasting.entries()) {
      const wantsAll = index % 2 === 1;
      for (const [place, { instance }] of troupe.publishers.entries()) {
        if (wantsAll && !kept(place)) continue;
        for (const room of troupe.logs.get(instance)?.rooms ?? []) {
          const name = `${instance} ${room}`;
          // What is dropped at the end shows in no delivery.
          if (kept(place) || place % kinds.length === 2)
            expect(lines[name]?.last, name).toBe(troupe.published(name));
          if (wantsAll) expect(lines[name], name).toMatchObject({ first: 1, missed: 0 });
        }
      }
      if (wantsAll) expect(missed).toBe(0);
      expect(dropped).toBe(0);
    }
    expect(missed).toBeGreaterThan(0);
    console.info(`seed ${SEED}: ${troupe.lives} lives, ${delivered} delivered, ${missed} missed and told`);
  },
  FOR_MS + 120_000,
);

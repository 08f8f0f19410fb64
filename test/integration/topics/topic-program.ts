/** A process that publishes or subscribes as its parent says; see `TopicCommands` and `startTopicProcess`. */
import { Buffer } from "node:buffer";
import { openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import {
  connectTo,
  createNode,
  createPublisher,
  HeliographError,
  insecure,
  type Publisher,
  type SubscribeOptions,
  type SubscriberHost,
  subscribe,
} from "../../../src/index.js";
import { percentile } from "../../support/percentile.js";
import { endpointsOf } from "./endpoints-of.js";
import { SequenceCheck } from "./sequence-check.js";
import type { Progress, PublishCommand, SubscriptionTally, TopicCommands } from "./topic-commands.js";

type Answers = {
  [K in keyof TopicCommands]: (
    options: Parameters<TopicCommands[K]>[0],
  ) => ReturnType<TopicCommands[K]> | Promise<ReturnType<TopicCommands[K]>>;
};

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const common = { security: insecure(), logger };
/** Of so many deliveries one is measured. */
const SAMPLE = 16;

/** Publishes until it is told to stop. */
class Load {
  readonly done: Promise<void>;
  readonly publisher: Publisher<{ room: string; celsius: number }>;
  refused = 0;
  private readonly command: PublishCommand;
  private readonly counts: Buffer;
  private readonly log: number;
  private waitingSince: number | undefined;
  private over = false;

  constructor(publisher: Publisher<{ room: string; celsius: number }>, command: PublishCommand) {
    this.publisher = publisher;
    this.command = command;
    this.counts = Buffer.alloc(command.rooms.length * 4);
    this.log = openSync(command.log, "w");
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.done;
  }

  async finish(): Promise<void> {
    await this.stop();
    await this.publisher.flush({ level: "taken", timeoutMs: 40_000 });
  }

  get progress(): Progress {
    const { published, dropped, subscribers } = this.publisher.stats;
    const away = subscribers.filter((each) => each.away).length;
    return {
      published,
      dropped,
      refused: this.refused,
      connected: subscribers.length - away,
      away,
      waitingMs: this.waitingSince === undefined ? 0 : performance.now() - this.waitingSince,
      rss: process.memoryUsage.rss(),
    };
  }

  private async run(): Promise<void> {
    const { rooms, perSecond } = this.command;
    let due = 0;
    let at = performance.now();
    for (let next = 0; !this.over; ) {
      await delay(2);
      const now = performance.now();
      // What could not be published while it waited is not made up for.
      due = Math.min(due + ((now - at) * perSecond) / 1_000, perSecond / 10);
      at = now;
      for (; due >= 1 && !this.over; due--) await this.publish(next++ % rooms.length);
    }
  }

  private async publish(index: number): Promise<void> {
    const celsius = this.counts.readUInt32LE(index * 4) + 1;
    this.counts.writeUInt32LE(celsius, index * 4);
    // Before it is published: nobody can have seen more than the log says.
    writeSync(this.log, this.counts, 0, this.counts.length, 0);
    this.waitingSince = performance.now();
    try {
      await this.publisher.publish({ room: this.command.rooms[index] ?? "", celsius });
    } catch (error) {
      if (HeliographError.from(error).reason !== "QUEUE_FULL") throw error;
      this.refused++;
      this.counts.writeUInt32LE(celsius - 1, index * 4);
    }
    this.waitingSince = undefined;
  }
}

/** One subscription that is read as fast as it can be. */
class Reader {
  private readonly check = new SequenceCheck();
  private readonly subscription: ReturnType<typeof temperatures>;
  private error: string | undefined;
  private times: number[] = [];
  private count = 0;

  constructor(subscription: ReturnType<typeof temperatures>) {
    this.subscription = subscription;
    void this.read();
  }

  measure(): void {
    this.times = [];
  }

  get tally(): SubscriptionTally {
    const { received, missed, dropped, pending } = this.subscription.stats;
    return {
      faults: this.check.faults.slice(0, 10),
      lines: Object.fromEntries(this.check.lines),
      received,
      missed,
      dropped,
      pending,
      error: this.error,
      p99Ms: percentile(this.times, 0.99),
      slowestMs: this.times.reduce((most, ms) => Math.max(most, ms), 0),
    };
  }

  private async read(): Promise<void> {
    try {
      for await (const delivery of this.subscription) {
        this.check.add(delivery);
        if (this.count++ % SAMPLE === 0 && !delivery.history)
          this.times.push(Date.now() - delivery.sentAt.getTime());
      }
    } catch (error) {
      this.error = HeliographError.from(error).reason;
    }
  }
}

function temperatures(where: SubscriberHost, options: SubscribeOptions) {
  return subscribe(where, RobotService.temperature, options);
}

let load: Load | undefined;
let readers: readonly Reader[] = [];
const made: { close(): Promise<void> }[] = [];

function loaded(): Load {
  if (load === undefined) throw new Error("nothing is published here");
  return load;
}

const answers: Answers = {
  async publish(command) {
    const { name, registries, stallMs } = command;
    const node = createNode({ name, registries, stallMs, ...common });
    made.push(node);
    load = new Load(createPublisher(node, RobotService.temperature, command.options), command);
    const [endpoint = ""] = await endpointsOf(node);
    return { instance: node.instance, endpoint };
  },
  subscribe({ name, registries, stallMs, endpoint, subscriptions }) {
    const where =
      endpoint === undefined
        ? createNode({ name, registries, stallMs, ...common })
        : connectTo([endpoint], { name, stallMs, ...common });
    made.push(where);
    readers = subscriptions.map((options) => new Reader(temperatures(where, options)));
    return {};
  },
  progress: () => loaded().progress,
  async finish() {
    await loaded().finish();
    return loaded().progress;
  },
  tally: () => readers.map(({ tally }) => tally),
  async close() {
    await load?.stop();
    await load?.publisher.close({ timeoutMs: 0 });
    load = undefined;
    await Promise.all(made.splice(0).map((each) => each.close()));
    return {};
  },
  measure() {
    for (const reader of readers) reader.measure();
    return {};
  },
};

interface Command {
  readonly id: number;
  readonly name: keyof TopicCommands;
  readonly argument: never;
}

// Without a channel to its test it would outlive it.
process.on("disconnect", () => process.exit());

process.on("message", async ({ id, name, argument }: Command) => {
  try {
    process.send?.({ id, result: await answers[name](argument) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});

process.send?.({ id: 0 });

import { setTimeout as sleep } from "node:timers/promises";
import { answer, fail, orders } from "./lines.js";
import type { Published, PublisherOrder, RunOrder } from "./protocol.js";
import { endMark, greeting, nowUs, type Publications, publicationsArgument } from "./publications.js";

/** What a contender's publisher program opens: where subscribers find it, how it publishes, and how to end it. */
export interface OpenPublisher {
  readonly endpoint: string;
  /** Publishes the message with this number, of a subject counted from 1. What it returns is awaited before the next. */
  publish(subject: number, sequence: number): Promise<void> | undefined;
  close(): unknown;
}

/** The clock is read once in so many publications, so that reading it does not count. */
const messagesPerLook = 16;
const greetingEveryMs = 20;
/** Of the case that measures latency. */
const messagesPerMs = 10;

/**
 * Runs a contender's publisher program: tells the runner where it is, greets subscribers until the first round and
 * whenever it is told to, and publishes as the runner orders, until its standard input ends.
 */
export async function publisherProgram(
  open: (publications: Publications) => Promise<OpenPublisher>,
): Promise<void> {
  process.once("uncaughtException", fail);
  try {
    const publications = publicationsArgument();
    const publisher = await open(publications);
    answer({ endpoint: publisher.endpoint });
    let greeter = greet(publisher);
    for await (const line of orders()) {
      const order = line as PublisherOrder;
      await greeter.stop();
      if ("greet" in order) {
        greeter = greet(publisher);
        answer({});
      } else {
        const publish = publications === "timed" ? publishPaced : publishAll;
        answer({ published: await publish(publisher, order.run) } satisfies Published);
      }
    }
    await greeter.stop();
    await publisher.close();
  } catch (error) {
    fail(error);
  }
}

/** Greets all subjects' subscribers again and again, in the background. */
function greet(publisher: OpenPublisher): { stop(): Promise<void> } {
  let over = false;
  const greeted = (async () => {
    while (!over) {
      await publisher.publish(1, greeting);
      await sleep(greetingEveryMs);
    }
  })();
  return {
    stop: () => {
      over = true;
      return greeted;
    },
  };
}

/** Publishes as fast as the contender takes it, subjects in turn, all of them equally often; gives how many. */
async function publishAll(publisher: OpenPublisher, run: RunOrder["run"]): Promise<number> {
  const { seconds, subjects = 1 } = run;
  const endUs = nowUs() + seconds * 1e6;
  let published = 0;
  let nextLook = messagesPerLook;
  for (let sequence = 1; ; sequence++) {
    for (let subject = 1; subject <= subjects; subject++) {
      const accepted = publisher.publish(subject, sequence);
      if (accepted !== undefined) await accepted;
    }
    published += subjects;
    if (published < nextLook) continue;
    nextLook = published + messagesPerLook;
    if (nowUs() >= endUs) break;
  }
  await publisher.publish(1, endMark);
  return published;
}

/** Publishes what is due by the clock, whenever a timer of a millisecond fires; gives how many. */
async function publishPaced(publisher: OpenPublisher, { seconds }: RunOrder["run"]): Promise<number> {
  const beganUs = nowUs();
  const total = Math.max(1, Math.round(seconds * 1_000 * messagesPerMs));
  let published = 0;
  while (published < total) {
    await sleep(1);
    const due = Math.min(total, Math.floor(((nowUs() - beganUs) / 1_000) * messagesPerMs));
    while (published < due) {
      published++;
      const accepted = publisher.publish(1, published);
      if (accepted !== undefined) await accepted;
    }
  }
  await publisher.publish(1, endMark);
  return published;
}

import type { Delivered, Listening, Published, PublisherOrder, Ready, RunOrder } from "../driver/protocol.js";
import type { RaceName } from "./cases.js";
import type { Contender, TopicParts } from "./contender.js";
import { progress } from "./output.js";
import { Program } from "./program.js";
import type { RoundFigure, Running } from "./running.js";

const startMs = 20_000;
const greetMs = 10_000;

/** A contender whose publisher is up, and as many subscribers, each a process, as its last round had. */
export class RunningTopic implements Running {
  readonly name: string;
  readonly #contender: Contender;
  readonly #topic: TopicParts;
  readonly #publisher: Program;
  readonly #endpoint: string;
  readonly #subscribers: Program[] = [];

  private constructor(contender: Contender, topic: TopicParts, publisher: Program, endpoint: string) {
    this.name = contender.name;
    this.#contender = contender;
    this.#topic = topic;
    this.#publisher = publisher;
    this.#endpoint = endpoint;
  }

  static async start(contender: Contender, topic: TopicParts): Promise<RunningTopic> {
    const publisher = new Program(`${contender.name}'s publisher`, contender.server);
    try {
      const { endpoint } = await publisher.next<Listening>(startMs);
      return new RunningTopic(contender, topic, publisher, endpoint);
    } catch (error) {
      await publisher[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the subscribers that a round needs beyond those there are, and runs it. */
  async round(of: RaceName, inFlight: number, seconds: number): Promise<RoundFigure> {
    const { counts } = this.#topic;
    await this.#subscribe(counts === "subscribers" ? inFlight : 1);
    const subjects = counts === "subjects" ? inFlight : 1;
    const order: RunOrder = { run: { case: of, inFlight, seconds, subjects } };
    const roundMs = seconds * 1000 + 30_000;
    const [{ published }, ...delivered] = await Promise.all([
      this.#publisher.ask<Published>(order, roundMs),
      ...this.#subscribers.map((subscriber) => subscriber.ask<Delivered>(order, roundMs)),
    ]);
    this.#account(published * delivered.length, sum(delivered));
    return figure(delivered);
  }

  async #subscribe(subscribers: number): Promise<void> {
    // A setting below the one before: those who are too many leave.
    for (const surplus of this.#subscribers.splice(subscribers)) await surplus[Symbol.asyncDispose]();
    const missing = subscribers - this.#subscribers.length;
    if (missing === 0) return;
    await this.#publisher.ask({ greet: true } satisfies PublisherOrder, greetMs);
    const { name, client } = this.#contender;
    const started = Array.from(
      { length: missing },
      () => new Program(`${name}'s subscriber`, [...client, this.#endpoint]),
    );
    this.#subscribers.push(...started);
    await Promise.all(started.map((subscriber) => subscriber.next<Ready>(startMs)));
  }

  /** Whoever promises to lose nothing has lost nothing; what others lose is told. */
  #account(due: number, arrived: number): void {
    if (arrived === due) return;
    const text = `${this.name}: of ${due} deliveries ${arrived} arrived`;
    if (!this.#topic.lossy || arrived > due) throw new Error(text);
    progress(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#subscribers.map((subscriber) => subscriber[Symbol.asyncDispose]()));
    await this.#publisher[Symbol.asyncDispose]();
  }
}

function sum(delivered: readonly Delivered[]): number {
  return delivered.reduce((total, { messages }) => total + messages, 0);
}

/** The latency where it was measured; else the rate of all together, from the first message that came to the last. */
function figure(delivered: readonly Delivered[]): RoundFigure {
  const [first] = delivered;
  if (first?.p50us !== undefined) return { value: first.p50us, p99us: first.p99us };
  const beganUs = Math.min(...delivered.map((one) => one.beganUs));
  const endedUs = Math.max(...delivered.map((one) => one.endedUs));
  return { value: (sum(delivered) * 1e6) / (endedUs - beganUs) };
}

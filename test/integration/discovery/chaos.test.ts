import { expect, test } from "vitest";
import { createClient, listInstances, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { freePort } from "../../support/free-port.js";
import { Random } from "../../support/random.js";
import { scaled } from "../../support/soak.js";
import { until } from "../../support/within.js";
import type { NodeProcess } from "./node-process.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { SteadyCalls } from "./steady-calls.js";
import { steadyMs } from "./steady-time.js";

const INTERVAL_MS = 300;
const SLOTS = 3;
const FOR_MS = scaled(3_000, 600_000);
const SEED = scaled(1, Date.now() % 100_000);
/** Short enough that nobody is given up for it. */
const STILL_MS = 1_500;

/** A place for a server, and who has it. */
interface Slot {
  readonly process: NodeProcess;
  readonly name: string;
  readonly endpoint: string;
}

/** Does to processes, at random, what machines and people do to them. */
class Chaos {
  readonly done: Record<string, number> = {};
  /** Endpoints of those that were killed. */
  readonly killed: string[] = [];
  private readonly scene: Scene;
  private readonly seed: number;
  private readonly registry: string;
  private readonly slots: Slot[] = [];
  private keeper: NodeProcess | undefined;
  private lives = 0;

  constructor(scene: Scene, seed: number, registry: string) {
    this.scene = scene;
    this.seed = seed;
    this.registry = registry;
  }

  get names(): string[] {
    return this.slots.map(({ name }) => name);
  }

  async begin(): Promise<void> {
    await this.startRegistry();
    for (let slot = 0; slot < SLOTS; slot++) await this.fill(slot);
  }

  /** Until the time is over; each place, and the registry, suffers for itself. */
  async rage(forMs: number): Promise<void> {
    const end = steadyMs() + forMs;
    // What befalls one does not depend on how long it takes for another.
    const suffer = async (place: number, strike: (random: Random) => Promise<void>) => {
      const random = new Random(this.seed + place);
      while (steadyMs() < end) {
        await pass(100 + random.below(900));
        await strike(random);
      }
    };
    await Promise.all([
      ...this.slots.map((_, slot) => suffer(slot, (random) => this.strike(slot, random))),
      suffer(SLOTS, (random) => this.strikeRegistry(random)),
    ]);
  }

  private async strike(slot: number, random: Random): Promise<void> {
    const { process, endpoint } = this.slots[slot] as Slot;
    const what = random.pick(["kill", "end", "stop", "stop", "change"] as const);
    this.done[what] = (this.done[what] ?? 0) + 1;
    if (what === "stop") {
      await process.signal("SIGSTOP");
      await pass(random.below(STILL_MS));
      await process.signal("SIGCONT");
    } else if (what === "change") {
      await process.tell.change();
    } else {
      if (what === "kill") this.killed.push(endpoint);
      await process.signal(what === "kill" ? "SIGKILL" : "SIGTERM");
      await process.ended;
      await pass(random.below(300));
      await this.fill(slot);
    }
  }

  private async strikeRegistry(random: Random): Promise<void> {
    const { keeper } = this;
    if (keeper === undefined) return;
    const what = random.pick(["registry stop", "registry kill", "registry end"] as const);
    this.done[what] = (this.done[what] ?? 0) + 1;
    if (what === "registry stop") {
      await keeper.signal("SIGSTOP");
      await pass(random.below(STILL_MS));
      await keeper.signal("SIGCONT");
      return;
    }
    await keeper.signal(what === "registry kill" ? "SIGKILL" : "SIGTERM");
    await keeper.ended;
    await pass(random.below(2_000));
    await this.startRegistry();
  }

  private async startRegistry(): Promise<void> {
    this.keeper = await this.scene.process();
    await this.keeper.tell.registry({ endpoint: this.registry, heartbeatMs: INTERVAL_MS });
  }

  private async fill(slot: number): Promise<void> {
    const process = await this.scene.process();
    const name = `s${slot}-${this.lives++}`;
    const { endpoint } = await process.tell.serve({ name, registries: [this.registry] });
    this.slots[slot] = { process, name, endpoint };
  }
}

test(
  "whatever is done to servers and their registry, calls go on where somebody is well, and fail only with who was killed",
  async () => {
    await using scene = new Scene();
    const registry = `tcp://127.0.0.1:${await freePort()}`;
    const chaos = new Chaos(scene, SEED, registry);
    await chaos.begin();
    const well = scene.node("well", [registry]);
    await serve(well, EchoService, { echo: () => EchoResponse.create({ text: "well" }) });
    const caller = scene.node("caller", [registry]);
    const client = createClient(caller, EchoService);
    const load = new SteadyCalls(1_000, async () => (await client.echo({}, { timeoutMs: 30_000 })).text);
    await until(20_000, "all to be called", () => chaos.names.every((name) => load.answeredBy(name) > 10));
    await chaos.rage(FOR_MS);
    const over = steadyMs();
    const living = [...chaos.names, "well"].sort().map((name) => `${name} alive`);
    const known = async () =>
      (await listInstances(caller, EchoService)).map(({ node, state }) => `${node} ${state}`);
    while (`${await known()}` !== `${living}`) {
      expect(steadyMs() - over, `known: ${await known()}; there: ${living}`).toBeLessThan(20 * INTERVAL_MS);
      await pass(10);
    }
    const whole = steadyMs() - over;
    await until(20_000, "all to be called", () => chaos.names.every((name) => load.answeredBy(name) > 10));
    const tally = await load.stop();
    console.info(
      `seed ${SEED}: ${JSON.stringify(chaos.done)}; ${tally.answered} calls (${tally.perSecond}/s, slowest ${tally.slowestMs} ms), ` +
        `${tally.failed.length} lost with who was killed; all known ${whole.toFixed()} ms after the end`,
    );
    for (const { error } of tally.failed) {
      expect(error).toMatchObject({ reason: "CONNECTION_LOST", notProcessed: false });
      expect(
        chaos.killed.some((endpoint) => error.message.includes(endpoint)),
        error.message,
      ).toBe(true);
    }
  },
  FOR_MS + 90_000,
);

import process from "node:process";
import type { Caller } from "./caller.js";
import type { Choices } from "./choices.js";
import { checkEnding, checkHandlers, checkLeft, checkLeftHandler, sessionsOf } from "./outcome.js";
import type { Action } from "./stage.js";
import { resumes } from "./wire-call.js";
import { type Setup, World } from "./world.js";

/** What a run came to. */
export interface Result {
  readonly faults: readonly string[];
  readonly story: readonly string[];
  readonly steps: number;
  readonly calls: number;
  /** What came about. */
  readonly seen: ReadonlySet<string>;
}

/** Steps in which a run at rest has to come to its end. */
const MAX_STEPS = 20_000;
/** A node that closes looks several times, a turn apart, whether it may go on. */
const IDLE_TURNS = 4;
const CALLS = 5;
/** How the time goes by while a run ends: past every deadline, and slower than a peer would be given up. */
const ENDING_MS = [50, 100, 500, 1_000, 1_000, 1_000, 1_000, 1_000, 5_000];

/** Lets a node and its clients do what the choices say, in the order that they say, then all calls end. */
export async function run(choices: Choices, setup: Setup, tell = false): Promise<Result> {
  const world = new World(choices, setup, tell);
  const unhandled = (error: unknown) => world.fault(`unhandled: ${String(error)}`);
  process.on("unhandledRejection", unhandled);
  const driver = new Driver(world);
  try {
    await world.open();
    await driver.perform();
    await driver.end();
  } catch (error) {
    world.fault(`thrown into the network: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    process.off("unhandledRejection", unhandled);
  }
  return {
    faults: world.faults,
    story: world.story ?? [],
    steps: world.steps,
    calls: world.callers.size,
    seen: world.seen,
  };
}

class Driver {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Anything may happen, in any order. */
  async perform(): Promise<void> {
    const { choices, faults } = this.#world;
    for (let left = 1 + choices.below(100); left > 0 && faults.length === 0; left--) {
      const actions = this.#deliveries();
      for (const caller of this.#world.callers.values()) actions.push(...caller.actions());
      for (const handling of this.#world.allHandlings) actions.push(...handling.actions());
      actions.push(...this.#others());
      this.#take(actions);
      // Most things happen in a turn of their own.
      if (!choices.percent(15)) await this.#quiet();
    }
    await this.#quiet();
  }

  /** Everybody brings to an end what was begun. */
  async end(): Promise<void> {
    const world = this.#world;
    await this.#rest(() => this.#deliveries());
    for (const caller of world.callers.values()) checkHandlers(world, caller);
    await this.#rest(() => this.#closing());
    if (world.faults.length > 0) return;
    for (const caller of this.#open()) this.#checkStuck(caller);
    for (const ms of ENDING_MS) {
      if (this.#open().length === 0 || world.faults.length > 0) break;
      world.note(() => `the time goes on by ${ms} ms`);
      world.clock.advance(ms);
      await this.#rest(() => this.#closing());
    }
    if (world.faults.length > 0) return;
    await this.#close();
    for (const caller of world.callers.values()) {
      if (!caller.made) continue;
      checkEnding(world, caller);
      checkHandlers(world, caller);
      checkLeft(world, caller);
    }
    for (const handling of world.allHandlings) checkLeftHandler(world, handling);
  }

  async #close(): Promise<void> {
    const world = this.#world;
    const nodeFirst = world.choices.percent(50);
    if (nodeFirst) {
      world.note(() => "the node closes");
      world.closeNode(1_000);
      await this.#rest(() => this.#deliveries());
      const waits = [...world.callers.values()].some(({ keyed, kind }) => keyed || resumes(kind));
      if (!world.nodeClosed && !waits)
        world.fault("no call is left, but the node waits for one before it closes");
    }
    world.note(() => "the connections close");
    for (const party of world.parties) world.closeParty(party);
    await this.#rest(() => this.#deliveries());
    if (world.parties.some(({ closed }) => !closed)) world.fault("a connection does not close");
    world.closeNode(1_000);
    await this.#rest(() => this.#deliveries());
    // What goes on without a caller may use up the grace.
    if (!world.nodeClosed) world.clock.advance(1_000);
    await this.#rest(() => this.#deliveries());
    if (!world.nodeClosed) world.fault("the node does not close");
    if (world.clock.timers > 0) world.fault(`${world.clock.timers} timers are left`);
    if (world.network.bound > 0) world.fault("an endpoint is still bound");
    if (world.network.links.some(({ over }) => !over)) world.fault("a socket is still open");
  }

  /** All promise reactions, ticks and immediates that follow from what was done have run. */
  async #quiet(): Promise<void> {
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    this.#world.turns++;
  }

  /** Until nothing is left to do. */
  async #rest(actions: () => Action[]): Promise<void> {
    const { faults } = this.#world;
    const end = this.#world.steps + MAX_STEPS;
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      await this.#quiet();
      const possible = actions();
      if (faults.length > 0) return;
      if (possible.length === 0) continue;
      idle = 0;
      if (this.#world.steps > end) return this.#world.fault("the run does not come to rest");
      this.#take(possible);
    }
  }

  #take(actions: readonly Action[]): void {
    const { choices } = this.#world;
    let choice = choices.below(actions.reduce((sum, { weight }) => sum + weight, 0));
    const action = actions.find(({ weight }) => {
      choice -= weight;
      return choice < 0;
    });
    this.#world.steps++;
    this.#world.note(() => action?.name ?? "");
    action?.run();
  }

  #deliveries(): Action[] {
    const { network } = this.#world;
    return network.lanes().map(({ link, direction }) => ({
      weight: 10,
      name: `session ${network.links.indexOf(link)} delivers ${direction}`,
      run: () => link.deliver(direction),
    }));
  }

  /** What may happen beside messages and what callers and handlers do. */
  #others(): Action[] {
    const world = this.#world;
    const { choices } = world;
    const actions: Action[] = [];
    if (world.callers.size < CALLS) {
      actions.push({ weight: 10, name: "a call is made", run: () => world.call() });
    }
    if (world.parties.length < 2) {
      actions.push({ weight: 1, name: "a second connection is made", run: () => world.connect() });
    }
    const ms = choices.pick([1, 10, 17, 50, 500]);
    actions.push({ weight: 2, name: `the time goes on by ${ms} ms`, run: () => world.clock.advance(ms) });
    if (!world.setup.breaks || !choices.percent(15)) return actions;
    const graceMs = choices.pick([0, 100, 1_000]);
    actions.push({
      weight: 2,
      name: `the node closes within ${graceMs} ms`,
      run: () => world.closeNode(graceMs),
    });
    const party = choices.pick(world.parties);
    actions.push({ weight: 2, name: "a connection is closed", run: () => world.closeParty(party) });
    actions.push({ weight: 6, name: "a link breaks", run: () => this.#break() });
    return actions;
  }

  #break(): void {
    const world = this.#world;
    if (world.network.links.length === 0) return;
    const link = world.choices.pick(world.network.links);
    world.disturbed = true;
    link.break(world.choices.below(link.waiting("up") + 1), world.choices.below(link.waiting("down") + 1));
  }

  #closing(): Action[] {
    const actions = this.#deliveries();
    for (const caller of this.#world.callers.values()) actions.push(...caller.closing());
    for (const handling of this.#world.allHandlings) actions.push(...handling.closing(1));
    return actions;
  }

  #open(): Caller[] {
    return [...this.#world.callers.values()].filter(({ ending, made }) => made && ending === undefined);
  }

  /** A call whose session stands has to end without the help of time. */
  #checkStuck(caller: Caller): void {
    const world = this.#world;
    const { token } = caller;
    const sessions = sessionsOf(world, token);
    const disturbed = world.disturbed || world.parties.some(({ closing }) => closing !== undefined);
    if (sessions.some(([link, session]) => !link.over && session.awaits(token)))
      world.fault(`${token} is stuck, though its session stands`);
    else if (sessions.length === 0 && !disturbed) world.fault(`${token} was never sent`);
  }
}

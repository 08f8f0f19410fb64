import {
  createNode,
  type Handlers,
  insecure,
  type Node,
  type SocketFactory,
  serve,
} from "../../src/index.js";
import type { InstanceInfo } from "../../src/naming/instance.js";
import { type FakeClock, type FaultyNetwork, faults } from "../../src/testing/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, type HandSource } from "./hand-source.js";
import type { Random } from "./random.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Where one server after the other lives. */
interface Place {
  readonly name: string;
  /** Stands still when it is told to. */
  readonly network: FaultyNetwork;
  node: Node | undefined;
  /** As it is announced; undefined while it is not. */
  info: InstanceInfo | undefined;
  version: number;
}

/** What changing servers are made of. */
export interface ChangingServersParts {
  readonly random: Random;
  readonly clock: FakeClock;
  /** Which all of them listen on. */
  readonly network: SocketFactory;
  /** Told of them, soon or late. */
  readonly source: HandSource;
  readonly handlers: Handlers<typeof CallService>;
  /** The source knows addresses, and not who is there. */
  readonly addressesOnly: boolean;
}

/** Several servers that come, go and get into trouble by chance. */
export class ChangingServers {
  readonly #parts: ChangingServersParts;
  readonly #places: readonly Place[];
  readonly #closing: Promise<void>[] = [];

  constructor(count: number, parts: ChangingServersParts) {
    const { network, clock } = parts;
    this.#parts = parts;
    this.#places = Array.from({ length: count }, (_, i) => ({
      name: `server${i}`,
      network: faults({ network, clock }),
      node: undefined,
      info: undefined,
      version: 1,
    }));
  }

  /** The instance of one that is there, or of nobody. */
  get any(): string {
    return this.#parts.random.pick(this.#places).node?.instance ?? "nobody";
  }

  /** The first of them begins, and is known. */
  async start(): Promise<void> {
    await this.#begin(this.#places[0]!);
    this.#say();
  }

  /** Something happens to one of them, or is said of it, true or not. */
  async disturb(): Promise<void> {
    const { random } = this.#parts;
    const place = random.pick(this.#places);
    const { node } = place;
    switch (random.below(9)) {
      case 0:
      case 1:
        await this.#begin(place);
        break;
      case 2:
        if (random.chance(0.7)) this.#change(place, { condition: "draining" });
        this.#say(0.05);
        if (random.chance(0.5)) await this.#pause(5);
        await this.#end(place, random.below(300), 50);
        break;
      case 3:
        await this.#end(place, 0, 100);
        break;
      case 4:
        node?.serving.pause();
        if (random.chance(0.5)) this.#change(place, { condition: "paused" });
        break;
      case 5:
        place.network.resume();
        node?.serving.resume();
        this.#change(place, { condition: "serving", state: "alive" });
        break;
      case 6:
        place.network.stall();
        break;
      case 7:
        place.network.pause();
        break;
      case 8:
        this.#change(place, { state: random.pick(["suspect", "stalled", "dead"] as const) });
        break;
    }
    this.#say(0.05);
  }

  /** One of them begins, or ends as a rolling restart ends it: while another one takes calls, and with time for its own. */
  async restart(graceMs: number): Promise<void> {
    const { random } = this.#parts;
    const place = random.pick(this.#places);
    if (place.node === undefined) {
      await this.#begin(place);
      this.#say();
      await this.#pause(100);
      return;
    }
    if (!this.#places.some((each) => each !== place && each.info?.condition === "serving")) return;
    // Others may learn of it before the clients that are connected do, or after.
    if (random.chance(0.7)) this.#change(place, { condition: "draining" });
    this.#say();
    if (random.chance(0.5)) await this.#pause(random.below(10));
    await this.#end(place, graceMs, random.below(100));
    this.#say();
  }

  /** None stands still any more, and all end. */
  async close(): Promise<void> {
    for (const place of this.#places) {
      place.network.resume();
      await this.#end(place, 0, 0);
    }
    await Promise.all(this.#closing);
  }

  async #begin(place: Place): Promise<void> {
    const { random, clock, handlers, addressesOnly } = this.#parts;
    if (place.node !== undefined) return;
    const { name, network } = place;
    network.resume();
    const node = createNode({ name, security: insecure(), clock, network, registries: [], logger: silent });
    place.node = node;
    const endpoint = `memory://${name}-${random.below(1_000_000)}`;
    await serve(node, CallService, handlers, { endpoint });
    const identity = { node: name, instance: node.instance, epoch: node.epoch };
    place.info = at(endpoint, { ...(!addressesOnly && identity), version: place.version++ });
  }

  /** The source learns of it at once, or so much later. */
  async #end(place: Place, graceMs: number, lateMs: number): Promise<void> {
    if (place.node === undefined) return;
    this.#closing.push(place.node.close({ graceMs }));
    place.node = undefined;
    if (lateMs > 0 && this.#parts.random.chance(0.5)) await this.#pause(lateMs);
    place.info = undefined;
  }

  #change(place: Place, over: Partial<InstanceInfo>): void {
    if (place.info !== undefined) place.info = { ...place.info, version: place.version++, ...over };
  }

  #say(forgotten = 0): void {
    const { random, source } = this.#parts;
    const infos = this.#places.flatMap(({ info }) => info ?? []);
    source.say(...infos.filter(() => !random.chance(forgotten)));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(ms, resolve));
  }
}

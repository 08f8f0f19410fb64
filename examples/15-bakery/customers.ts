import { Code, codeName, createClient, every, HeliographError, type Node, retry } from "heliograph";
import { ShopService } from "../gen/example/v1/shop_heliograph.js";

/** They read the menu a hundred times a second, and buy fifty cakes in it. */
export class Customers {
  readonly menus = { asked: 0, read: 0, failed: 0, slowestMs: 0 };
  /** `unknown`: it may have been baked, or not. */
  readonly cakes = { ordered: 0, bought: 0, unknown: 0, failed: 0 };
  /** How many calls each node has had a hand in. */
  readonly hands = new Map<string, number>();
  /** Of what failed, or is unknown. */
  readonly reasons = new Map<string, number>();
  readonly #node: Node;
  readonly #shop;
  readonly #onEnd: () => void;
  readonly #calls = new Set<Promise<void>>();
  readonly #busy = new Set<string>();
  #beats: Disposable[] = [];

  /** @param onEnd called after each call, however it has ended */
  constructor(node: Node, onEnd: () => void) {
    this.#node = node;
    this.#shop = createClient(node, ShopService, { interceptors: [retry({ backoff: { initialMs: 50 } })] });
    this.#onEnd = onEnd;
  }

  get answered(): number {
    return this.menus.read + this.cakes.bought;
  }

  /** What has come of all calls, and who had a hand in those since the last such line. */
  line(): string {
    const { menus, cakes, answered } = this;
    const failed = menus.failed + cakes.failed;
    const busy = byService([...this.#busy]).map((names) => names.join(" ").replace(/(?<= )[a-z]+-/g, ""));
    this.#busy.clear();
    return `${answered} calls, ${failed} failed, ${cakes.unknown} unknown; by ${busy.join(", ") || "nobody"}`;
  }

  enter(): void {
    this.#beats = [
      every(this.#node, 10, () => this.#begin(this.#read())),
      every(this.#node, 20, () => this.#begin(this.#buy())),
    ];
  }

  leave(): Promise<void> {
    for (const beat of this.#beats) beat[Symbol.dispose]();
    return this.served();
  }

  /** Resolves when all that has been begun until now has ended. */
  async served(): Promise<void> {
    await Promise.all(this.#calls);
  }

  // Returns nothing: `every` would wait for a promise, and customers don't wait for each other.
  #begin(call: Promise<void>): void {
    this.#calls.add(call);
    void call.then(() => {
      this.#calls.delete(call);
      this.#onEnd();
    });
  }

  async #read(): Promise<void> {
    const { menus } = this;
    const started = performance.now();
    menus.asked++;
    try {
      this.#thank((await this.#shop.menu({}, { waitForReady: true })).hands);
      menus.read++;
      menus.slowestMs = Math.max(menus.slowestMs, performance.now() - started);
    } catch (thrown) {
      menus.failed++;
      this.#note(HeliographError.from(thrown));
    }
  }

  async #buy(): Promise<void> {
    const { cakes } = this;
    cakes.ordered++;
    try {
      this.#thank((await this.#shop.buy({ cake: "sponge" }, { waitForReady: true })).hands);
      cakes.bought++;
    } catch (thrown) {
      const error = HeliographError.from(thrown);
      const lost = error.code === Code.Unavailable || error.code === Code.DeadlineExceeded;
      if (lost && !error.notProcessed) cakes.unknown++;
      else cakes.failed++;
      this.#note(error);
    }
  }

  #note({ code, reason }: HeliographError): void {
    const name = `${codeName(code)}, reason ${reason}`;
    this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
  }

  #thank(hands: readonly string[]): void {
    for (const name of hands) {
      this.hands.set(name, (this.hands.get(name) ?? 0) + 1);
      this.#busy.add(name);
    }
  }
}

/** Those of each service beside each other. */
export function byService(names: readonly string[]): string[][] {
  const services = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const service = name.replace(/-.*/, "");
    services.set(service, [...(services.get(service) ?? []), name]);
  }
  return [...services.values()];
}

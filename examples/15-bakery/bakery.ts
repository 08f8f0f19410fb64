import { createNode, type InstanceEvent, insecure, watchInstances } from "heliograph";
import { Customers } from "./customers.js";
import { Happenings } from "./happenings.js";
import { say } from "./say.js";
import { Worker } from "./worker.js";

/** The processes, what is known of them, and what may befall them. */
export class Bakery {
  /** What it would log is told by its status. */
  readonly node = createNode({ name: "customers", security: insecure(), logLevel: "error" });
  readonly customers: Customers;
  /** Each with whether it was kept. */
  readonly promises = new Map<string, boolean>();
  readonly #staff = new Map<string, Worker>();
  /** What was last heard of each process. */
  readonly #known = new Map<number, InstanceEvent["kind"]>();
  readonly #over = new AbortController();
  readonly #happenings = new Happenings(this.#over.signal);
  #isOpen = false;

  constructor() {
    this.customers = new Customers(this.node, () => this.#happenings.tell());
  }

  get workers(): Worker[] {
    return [...this.#staff.values()];
  }

  /** @param names of workers, or of services */
  workersOf(...names: readonly string[]): Worker[] {
    return this.workers.filter(({ name, service }) => names.includes(name) || names.includes(service));
  }

  /** Starts the rest of them, and lets customers in when everybody is there. */
  async open(...names: readonly string[]): Promise<void> {
    void this.#watch();
    void this.#listen();
    await Promise.all(names.map((name) => this.hire(name)));
    for (const worker of this.workers) await this.#isThere(worker);
    this.#isOpen = true;
    this.customers.enter();
  }

  async hire(name: string): Promise<Worker> {
    const worker = new Worker(name, (error) => this.interrupt(error));
    this.#staff.set(name, worker);
    say(`start    ${worker}`);
    await worker.ready();
    return worker;
  }

  /** Its connections break, and that tells. Somebody of its name takes its place. */
  async kill(worker: Worker): Promise<void> {
    say(`kill -9  ${worker}`);
    await worker.kill();
    await this.#works(await this.hire(worker.name));
  }

  /** Its connections stand; only its silence tells. */
  async hang(worker: Worker): Promise<void> {
    say(`SIGSTOP  ${worker}`);
    worker.hang();
    await this.#happenings.until(`${worker} is missed`, () => this.#known.get(worker.pid) !== "up");
    say(`SIGCONT  ${worker}`);
    worker.goOn();
    await this.#works(worker);
  }

  /** One worker after the other goes when its successor is there, having done what it had begun. */
  async restart(service: string): Promise<void> {
    const { cakes } = this.customers;
    await this.customers.served();
    const lost = cakes.unknown + cakes.failed;
    const old = this.workersOf(service);
    for (const worker of old) {
      await this.#works(await this.hire(`${service}-${worker.number + old.length}`));
      say(`SIGTERM  ${worker}`);
      await this.#dismiss(worker);
    }
    await this.customers.served();
    this.promise("a rolling restart costs no call", cakes.unknown + cakes.failed === lost);
  }

  /** So many more calls have been answered. */
  answers(count: number): Promise<void> {
    const enough = this.customers.answered + count;
    return this.#happenings.until(`${count} answers`, () => this.customers.answered >= enough);
  }

  /** What waits, waits no longer. */
  interrupt(reason: unknown): void {
    this.#over.abort(reason);
  }

  promise(text: string, kept: boolean): void {
    this.promises.set(text, kept && this.promises.get(text) !== false);
  }

  async close(): Promise<void> {
    await this.customers.leave();
    this.#isOpen = false;
    say(this.customers.line());
    await Promise.all(this.workers.map((worker) => this.#dismiss(worker)));
    await this.node.close();
    const { menus, cakes } = this.customers;
    this.promise("nobody asks for a menu in vain", menus.failed === 0 && menus.read === menus.asked);
    this.promise("what became of a cake is known, or known to be unknown", cakes.failed === 0);
  }

  async #dismiss(worker: Worker): Promise<void> {
    this.#staff.delete(worker.name);
    this.promise("who is dismissed ends what was begun", (await worker.dismiss()) === 0);
  }

  async #watch(): Promise<void> {
    for await (const { kind, instance } of watchInstances(this.node)) {
      const what = kind === "changed" ? `${kind}: ${instance.condition}` : kind;
      if (this.#isOpen) say(`           ${instance.node} (${instance.processId}) ${what}`);
      if (kind !== "changed") this.#known.set(instance.processId, kind);
      this.#happenings.tell();
    }
  }

  async #listen(): Promise<void> {
    for await (const { kind } of this.node.status())
      if (kind.startsWith("registry")) say(`           ${kind}`);
  }

  #isThere(worker: Worker): Promise<void> {
    return this.#happenings.until(`${worker} is there`, () => this.#known.get(worker.pid) === "up");
  }

  /** It is there, and has had a hand in a call since. */
  async #works(worker: Worker): Promise<void> {
    await this.#isThere(worker);
    const { hands } = this.customers;
    const before = hands.get(worker.name);
    await this.#happenings.until(`${worker} is called`, () => hands.get(worker.name) !== before);
  }
}

import type { RegistryConnector } from "../../src/discovery/registries/registry-resolver-link.js";
import type {
  Announcement,
  Instance,
  Load,
  RegisterRequest,
  RegisterResponse,
  WatchRequest,
  WatchResponse,
} from "../../src/gen/heliograph/discovery/v1/registry.js";
import { State } from "../../src/gen/heliograph/discovery/v1/registry.js";
import { RegistryService } from "../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  type Clock,
  Code,
  connectTo,
  createNode,
  type HandlerContext,
  HeliographError,
  insecure,
  type Node,
  type SocketFactory,
  serve,
} from "../../src/index.js";

/** What one Register stream has said, and how it ended. */
export interface SeenRegistration {
  readonly announcements: Announcement[];
  readonly heartbeats: { readonly at: number; readonly load: Load }[];
  end: "left" | "broke" | undefined;
}

/** Makes connections on a network of a test. */
export function connectorOn(network: SocketFactory, clock: Clock): RegistryConnector {
  const common = { security: insecure(), network, clock };
  return { connect: (endpoint) => connectTo([endpoint], common) };
}

/** A registry that does what a test says, and keeps what it is told: it believes all, and forgets nobody who is quiet. */
export class SmallRegistry {
  heartbeatMs = 1_000;
  epoch = 1n;
  complete = true;
  /** Answers no announcement. */
  mute = false;
  /** Instead of all else. */
  refusal: HeliographError | undefined;
  /** What a watch says at first, in the place of what is true. */
  script: ((request: WatchRequest) => readonly Partial<WatchResponse>[]) | undefined;
  readonly registrations: SeenRegistration[] = [];
  readonly watches: WatchRequest[] = [];
  private readonly network: SocketFactory;
  private readonly clock: Clock;
  private readonly endpoint: string;
  private known = new Map<string, Instance>();
  private revision = 1n;
  private readonly wakes = new Set<() => void>();
  private ending = false;
  private cuts = 0;
  private node: Node | undefined;

  constructor(network: SocketFactory, clock: Clock, endpoint = "memory://registry") {
    this.network = network;
    this.clock = clock;
    this.endpoint = endpoint;
  }

  get last(): SeenRegistration {
    const last = this.registrations.at(-1);
    if (last === undefined) throw new Error("nobody has registered");
    return last;
  }

  /** @throws HeliographError reason ENDPOINT_TAKEN */
  async start(): Promise<this> {
    const node = createNode({
      name: "registry",
      security: insecure(),
      network: this.network,
      clock: this.clock,
      registries: [],
      // What its own handlers throw when they are cut off is no news.
      onError: () => {},
    });
    const handlers = {
      register: (requests: AsyncIterable<RegisterRequest>, ctx: HandlerContext) =>
        this.register(requests, ctx),
      watch: (request: WatchRequest, ctx: HandlerContext) => this.watch(request, ctx),
    };
    try {
      await serve(node, RegistryService, handlers, { endpoint: this.endpoint });
    } catch (error) {
      await node.close({ graceMs: 0 });
      throw error;
    }
    this.ending = false;
    this.node = node;
    return this;
  }

  /** Ends all streams in an orderly way, and frees the endpoint. */
  async stop(): Promise<void> {
    this.ending = true;
    this.wake();
    await this.node?.close({ graceMs: 0 });
    this.node = undefined;
  }

  /** Breaks all streams, and goes on. */
  cut(): void {
    this.cuts++;
    this.wake();
  }

  /** Another life of it, which knows nobody. */
  async restart(complete = false): Promise<void> {
    await this.stop();
    this.begin(complete);
    await this.start();
  }

  begin(complete = false): void {
    this.known = new Map();
    this.epoch++;
    this.revision = 1n;
    this.complete = complete;
  }

  set(...instances: readonly Instance[]): void {
    for (const each of instances) this.known.set(each.announcement?.instance ?? "", each);
    this.changed();
  }

  forget(instance: string): void {
    this.known.delete(instance);
    this.changed();
  }

  changed(): void {
    this.revision++;
    this.wake();
  }

  get instances(): readonly string[] {
    return [...this.known.keys()].sort();
  }

  private wake(): void {
    for (const wake of [...this.wakes]) wake();
    this.wakes.clear();
  }

  private async *register(
    requests: AsyncIterable<RegisterRequest>,
    ctx: HandlerContext,
  ): AsyncGenerator<RegisterResponse> {
    if (this.refusal !== undefined) throw this.refusal;
    const seen: SeenRegistration = { announcements: [], heartbeats: [], end: undefined };
    this.registrations.push(seen);
    const { cuts } = this;
    let instance = "";
    try {
      for await (const { said } of endable(requests, () => this.ended(ctx))) {
        if (said?.$case === "heartbeat") seen.heartbeats.push({ at: this.clock.now(), load: said.value });
        if (said?.$case !== "announcement") continue;
        if (this.refusal !== undefined) throw this.refusal;
        seen.announcements.push(said.value);
        instance = said.value.instance;
        this.set({ announcement: said.value, state: State.STATE_ALIVE, load: undefined, heardMsAgo: 0 });
        if (this.mute) continue;
        yield { version: said.value.version, heartbeatMs: this.heartbeatMs, registry: this.info() };
      }
      if (this.ending) return;
      if (this.cuts !== cuts) throw broken();
      seen.end = "left";
      this.forget(instance);
    } finally {
      seen.end ??= "broke";
    }
  }

  private async *watch(request: WatchRequest, ctx: HandlerContext): AsyncGenerator<WatchResponse> {
    this.watches.push(request);
    for (const response of this.script?.(request) ?? [])
      yield { registry: this.info(), snapshot: false, changed: [], removed: [], ...response };
    if (this.script !== undefined) {
      await this.ended(ctx);
      return;
    }
    const { cuts } = this;
    let told = new Map<string, Instance>();
    let snapshot = request.epoch !== this.epoch;
    for (;;) {
      if (this.ending) return;
      if (this.cuts !== cuts) throw broken();
      const now = new Map([...this.known].filter(([, each]) => serves(each, request.service)));
      const changed = [...now].filter(([key, each]) => told.get(key) !== each).map(([, each]) => each);
      const removed = [...told.keys()].filter((key) => !now.has(key));
      yield { registry: this.info(), snapshot, changed, removed };
      snapshot = false;
      told = now;
      await Promise.race([new Promise<void>((resolve) => this.wakes.add(resolve)), aborted(ctx.signal)]);
    }
  }

  private info() {
    const { epoch, revision, complete } = this;
    return { instance: "registry", epoch, revision, complete };
  }

  private async ended({ signal }: HandlerContext): Promise<void> {
    const over = aborted(signal);
    const { cuts } = this;
    while (!this.ending && this.cuts === cuts)
      await Promise.race([new Promise<void>((resolve) => this.wakes.add(resolve)), over]);
  }
}

function broken(): HeliographError {
  return new HeliographError(Code.Unavailable, "cut", { reason: "CONNECTION_LOST" });
}

function serves({ announcement }: Instance, service: string): boolean {
  return service === "" || announcement?.services.some(({ name }) => name === service) === true;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(HeliographError.from(signal.reason));
    signal.addEventListener("abort", () => reject(HeliographError.from(signal.reason)), { once: true });
  });
}

/** The requests, until they end or the promise resolves. */
async function* endable<T>(source: AsyncIterable<T>, ended: () => Promise<void>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const over = ended().then(() => undefined);
  over.catch(() => {});
  for (;;) {
    const result = await Promise.race([iterator.next(), over]);
    if (result === undefined || result.done) return;
    yield result.value;
  }
}

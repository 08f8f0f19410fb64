import type { Buffer } from "node:buffer";
import {
  type ClientConnection,
  type ConnectOptions,
  connectTo,
  createClient,
  createNode,
  type Handlers,
  insecure,
  type LimitOptions,
  type Logger,
  type Node,
  serve,
} from "../../../src/index.js";
import { type FakeClock, fakeClock } from "../../../src/testing/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import type { Direction, NetworkObserver, ScheduledLink } from "../../support/scheduled-link.js";
import { ScheduledNetwork } from "../../support/scheduled-network.js";
import { type CallClient, Caller } from "./caller.js";
import type { Choices } from "./choices.js";
import { Handling } from "./handling.js";
import type { Given, Stage } from "./stage.js";
import type { Kind } from "./wire-call.js";
import { describeFrame, seePacket } from "./wire-frame.js";
import { WireSession } from "./wire-session.js";

/** What is possible in a run. */
export interface Setup {
  readonly kinds: readonly Kind[];
  readonly nodeLimits: LimitOptions;
  readonly clientLimits: LimitOptions;
  readonly maxConcurrent: number;
  /** Sizes of messages, in bytes of their data: of a hundred, how many have them. */
  readonly sizes: readonly (readonly [percent: number, bytes: number])[];
  /** Connections may break, or be closed. */
  readonly breaks: boolean;
  /** Some calls are made again when they fail. */
  readonly retries: boolean;
}

/** A connection and its client. */
export interface Party {
  readonly connection: ClientConnection;
  readonly client: CallClient;
  /** Ends all of its calls that share it. */
  readonly shared: AbortController;
  closing: Promise<void> | undefined;
  closed: boolean;
}

const INITIAL_MS = 1_000;

/** A node, its clients, the network between them, and all that they do. */
export class World implements Stage, NetworkObserver {
  readonly choices: Choices;
  readonly setup: Setup;
  readonly clock: FakeClock = fakeClock({ startMs: INITIAL_MS });
  readonly network = new ScheduledNetwork(this);
  steps = 0;
  turns = 0;
  readonly faults: string[] = [];
  readonly callers = new Map<string, Caller>();
  /** That of each call's last attempt. */
  readonly handlings = new Map<string, Handling>();
  readonly allHandlings: Handling[] = [];
  readonly parties: Party[] = [];
  readonly sessions = new Map<ScheduledLink, WireSession>();
  readonly node: Node;
  endpoint = "";
  /** A connection broke, or the node was closed, so that calls may end for no fault of their own. */
  disturbed = false;
  nodeClosing: Promise<void> | undefined;
  nodeClosed = false;
  /** What came about in this run. */
  readonly seen = new Set<string>();
  /** The story of the run, when it is told. */
  readonly story: string[] | undefined;
  #tokens = 0;
  readonly #logger: Logger;

  constructor(choices: Choices, setup: Setup, tell: boolean) {
    this.choices = choices;
    this.setup = setup;
    this.story = tell ? [] : undefined;
    const silent = () => {};
    this.#logger = {
      debug: silent,
      info: silent,
      warn: (fields, text) => this.fault(`warning: ${text}: ${String(fields["error"])}`),
      error: (fields, text) => this.fault(`error: ${text}: ${String(fields["error"])}`),
    };
    this.node = createNode({
      ...this.#common(),
      name: "server",
      limits: setup.nodeLimits,
      onError: (error) => this.#handlerFailed(error),
    });
  }

  async open(): Promise<void> {
    const served = await serve(this.node, CallService, this.#handlers(), {
      maxConcurrent: this.setup.maxConcurrent,
    });
    this.endpoint = served.endpoints[0] ?? "";
    this.connect();
  }

  connect(): void {
    const options: ConnectOptions = {
      ...this.#common(),
      limits: this.setup.clientLimits,
      // Chance has one source here.
      backoff: { jitter: 0 },
    };
    const connection = connectTo([this.endpoint], options);
    this.parties.push({
      connection,
      client: createClient(connection, CallService),
      shared: new AbortController(),
      closing: undefined,
      closed: false,
    });
  }

  call(): void {
    const index = this.choices.below(this.parties.length);
    const party = this.parties[index];
    if (party === undefined) return;
    const token = `c${++this.#tokens}`;
    const kind = this.choices.pick(this.setup.kinds);
    const shared = this.choices.percent(15) ? party.shared : undefined;
    this.note(() => `  ${token} is a ${kind} on connection ${index}`);
    this.callers.set(token, new Caller(this, party.client, index, token, kind, shared));
  }

  closeParty(party: Party): void {
    party.closing ??= party.connection.close().then(() => {
      party.closed = true;
    });
  }

  closeNode(graceMs: number): void {
    this.disturbed = true;
    this.nodeClosing ??= this.node.close({ graceMs }).then(() => {
      this.nodeClosed = true;
    });
  }

  // What everybody needs.

  get retries(): boolean {
    return this.setup.retries;
  }

  now(): number {
    return this.clock.now();
  }

  fault(what: string): void {
    this.faults.push(what);
    this.note(() => `  !! ${what}`);
  }

  saw(what: string): void {
    this.seen.add(what);
  }

  note(line: () => string): void {
    this.story?.push(line());
  }

  size(): number {
    let rest = this.choices.below(100);
    for (const [percent, bytes] of this.setup.sizes) {
      if (rest < percent) return bytes;
      rest -= percent;
    }
    return 0;
  }

  requests(token: string): Given | undefined {
    return this.callers.get(token)?.given;
  }

  answers(token: string): readonly Given[] {
    return this.heard(token).map(({ given }) => given);
  }

  /** The handlings whose answers a caller may hear: that of the last attempt; of attempts that overlap, any. */
  heard(token: string): readonly Handling[] {
    if (this.callers.get(token)?.hedged === true)
      return this.allHandlings.filter((handling) => handling.token === token);
    const last = this.handlings.get(token);
    return last === undefined ? [] : [last];
  }

  // What the network tells.

  dialed(link: ScheduledLink): void {
    this.sessions.set(link, new WireSession(`session ${this.sessions.size}`, this));
  }

  sent(link: ScheduledLink, direction: Direction, parts: readonly Buffer[]): void {
    const packet = seePacket(parts);
    this.note(() => `    ${direction}: ${packet.frames.map(describeFrame).join(", ")}`);
    this.sessions.get(link)?.sent(direction, packet);
  }

  delivered(link: ScheduledLink, direction: Direction): void {
    this.sessions.get(link)?.delivered(direction);
  }

  overflowed(_link: ScheduledLink, direction: Direction): void {
    this.fault(`more messages wait ${direction} than ZeroMQ's queue would hold`);
  }

  #common() {
    return {
      security: insecure(),
      network: this.network,
      clock: this.clock,
      logger: this.#logger,
    };
  }

  #handlerFailed(error: unknown): void {
    if (!String(error).includes("the handler of ")) this.fault(`onError: ${String(error)}`);
  }

  #handlers(): Handlers<typeof CallService> {
    return {
      call: (request, ctx) => this.#handle("call", ctx).answerCall(request),
      count: (request, ctx) => this.#handle("count", ctx).answerCount(request),
      watch: (request, ctx) => this.#handle("watch", ctx).answerCount(request),
      watchClosely: (request, ctx) => this.#handle("watchclosely", ctx).answerCount(request),
      sum: (requests, ctx) => this.#handle("sum", ctx).answerSum(requests),
      chat: (requests, ctx) => this.#handle("chat", ctx).answerChat(requests),
    };
  }

  #handle(kind: Kind, ctx: ConstructorParameters<typeof Handling>[2]): Handling {
    const handling = new Handling(this, kind, ctx);
    const { token } = handling;
    const caller = this.callers.get(token);
    const before = this.allHandlings.filter((other) => other.token === token);
    // The run of a call with a key may be given up when nobody waits for it.
    const most = caller?.keyed === true && before.every(({ gone }) => !gone) ? 1 : (caller?.attempts ?? 0);
    if (before.length >= most) this.fault(`${token} was handled ${before.length + 1} times`);
    if (caller?.kind !== kind) this.fault(`${token} was handled as ${kind}`);
    const last = this.handlings.get(token);
    if (last !== undefined) this.saw("handled again");
    // An attempt on a connection that broke may arrive behind the one that was made after it.
    if (last === undefined || handling.attempt >= last.attempt) this.handlings.set(token, handling);
    this.allHandlings.push(handling);
    this.note(() => `  ${token} is being handled`);
    return handling;
  }
}

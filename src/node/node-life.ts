import { backoffFrom } from "../core/backoff.js";
import type { Clock } from "../core/clock.js";
import { DeadlineWheel } from "../core/deadline-wheel.js";
import { invalidArgument } from "../core/error.js";
import { EventFeed } from "../core/event-feed.js";
import { checkOptionNames } from "../core/option-names.js";
import { Directory } from "../discovery/directory/directory.js";
import { checkLabels } from "../discovery/labels.js";
import { checkBalancer } from "../naming/balancer.js";
import type { Announcement, Load } from "../naming/instance.js";
import { roundRobin } from "../naming/round-robin.js";
import { LogTopic } from "../pubsub/logs/log-topic.js";
import { TopicHub } from "../pubsub/publisher/topic-hub.js";
import { Calling } from "../rpc/client/calling.js";
import { schemaCheck } from "../rpc/client/schema-check.js";
import { Detached } from "../rpc/kept/detached.js";
import { Router } from "../rpc/server/router.js";
import { Serving } from "../rpc/server/serving.js";
import { checkSecurity } from "../socket/security.js";
import type { SocketFactory } from "../socket/socket.js";
import { showValue } from "../wire/show-value.js";
import { advertised, checkAdvertise } from "./advertise.js";
import { Announcer } from "./announcer.js";
import { describeNode, type NodeDescription } from "./description.js";
import { guarded } from "./guarded.js";
import { hostId } from "./host-id.js";
import { KIT } from "./kit-version.js";
import { LoadMeter } from "./load-meter.js";
import { type LeveledLogger, leveled } from "./log-level.js";
import type { CloseNodeOptions, Node } from "./node.js";
import { CONNECT_TIMEOUT_MS, checkMs, checkName, type NodeOptions, nodeOptionNames } from "./options.js";
import { Owned } from "./owned.js";
import { makeParts } from "./parts.js";
import { checkPublishLogs, publishingLogger } from "./publish-logs.js";
import { type ResolverLink, ResolverLinks } from "./resolver-links.js";
import { resolversOf } from "./resolvers.js";
import { SchemaWarnings } from "./schema-warnings.js";
import type { NodeState, NodeStatus } from "./status.js";

import { HealthBoard } from "./verbs/health-board.js";
import { kitServices, serveVerbs } from "./verbs/serve-verbs.js";
import { within } from "./within.js";

const GRACE_MS = 5_000;
/** How often a server that owes an answer has to say something; as often as registries want to hear nodes. */
const INTERVAL_MS = 1_000;
/** The least that what ends with the node may take for it, however short the grace. */
const OWNED_MS = 1_000;
/** How long others may take to learn that the node drains, before it does. */
const ANNOUNCE_MS = 300;

/** A node from its making to its end. */
export class NodeLife implements Node {
  readonly name: string;
  readonly instance: string;
  readonly epoch: number;
  readonly host = hostId();
  readonly clock: Clock;
  readonly logger: LeveledLogger;
  readonly sockets: SocketFactory;
  readonly serving: Serving;
  readonly transport: Calling;
  readonly directory: Directory;
  readonly health: HealthBoard;
  readonly topics: TopicHub;
  readonly meter: LoadMeter;
  readonly labels: Readonly<Record<string, string>>;
  readonly closed: Promise<void>;
  private readonly advertise: readonly string[] | undefined;
  private readonly announcer: Announcer;
  private logs: LogTopic | undefined;
  private readonly links: ResolverLinks;
  private readonly feed = new EventFeed<NodeStatus>((count) => ({ kind: "missed", count }));
  private readonly owned: Owned;
  private nodeState: NodeState = "idle";
  private announcing: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private tellClosed: () => void = () => {};

  constructor(options: NodeOptions) {
    const security = checkSecurity(options?.security);
    checkOptionNames("createNode()", options, nodeOptionNames);
    this.name = checkName(options.name);
    this.labels = checkLabels(options.labels);
    this.advertise = checkAdvertise(options.advertise);
    const balancer = options.balancer ?? roundRobin();
    checkBalancer("balancer", balancer);
    const connectTimeoutMs = checkMs("connectTimeoutMs", options.connectTimeoutMs, CONNECT_TIMEOUT_MS);
    const backoff = backoffFrom(options.backoff);
    const publishLogs = checkPublishLogs(options.publishLogs);
    const ownLogger = leveled(options.logger, options.logLevel);
    this.logger =
      publishLogs === undefined
        ? ownLogger
        : publishingLogger(ownLogger, (...record) => this.logs?.publish(...record));
    const { logger } = this;
    const parts = makeParts(this.name, { ...options, logger });
    const { self, sockets, shared, clock, stallMs } = parts;
    this.instance = self.instance;
    this.epoch = self.epoch;
    this.clock = clock;
    this.sockets = sockets;
    this.closed = new Promise((resolve) => {
      this.tellClosed = resolve;
    });
    this.owned = new Owned(logger);
    this.serving = new Serving(
      {
        session: shared,
        self,
        router: new Router(clock),
        deadlines: new DeadlineWheel(clock),
        detached: new Detached(),
        clock,
        logger,
        stallMs,
        onError: guarded(
          logger,
          options.onError ?? ((error, path) => logger.error({ error, path }, "a handler failed")),
        ),
        onUnhandled: guarded(logger, options.onUnhandled ?? (() => {})),
        onFault: (error, node) => logger.warn({ error, node }, "a session was ended"),
      },
      sockets,
      security,
    );
    this.meter = new LoadMeter(
      clock,
      () => this.serving.callsInFlight,
      (ms) => this.feed.tell({ kind: "loop-stalled", ms }),
    );
    const resolvers = resolversOf({
      options,
      security,
      instance: this.instance,
      makeNode: (other) => new NodeLife(other),
      serves: (resolver, serving) => this.links.serves(resolver, serving),
    });
    this.links = new ResolverLinks(resolvers.map(({ name }) => name));
    this.directory = new Directory(resolvers, {
      clock,
      logger,
      host: this.host,
      load: () => this.load(),
      lost: (resolver, error) => {
        this.links.lost(resolver, error);
        logger.warn({ resolver, error }, "instances can't be looked up there at present");
        this.feed.tell({ kind: "registry-lost", resolver, error });
      },
      back: (resolver) => {
        this.links.back(resolver);
        // As loud as the loss: who was told of that waits for it.
        logger.warn({ resolver }, "instances can be looked up there again");
        this.feed.tell({ kind: "registry-back", resolver });
      },
    });
    const misfits = new SchemaWarnings(
      (service, session, connection) => schemaCheck.judge(service, session, connection),
      (service, { endpoint, peer }, error) => {
        logger.warn({ service, endpoint, error }, "no calls are sent there: the schemas don't go together");
        this.feed.tell({ kind: "schema-incompatible", service, endpoint, peer, error });
      },
    );
    this.transport = new Calling({
      self,
      sockets,
      shared,
      clock,
      stallMs,
      backoff,
      connectTimeoutMs,
      intervalMs: INTERVAL_MS,
      source: this.directory,
      balancer,
      host: this.host,
      everywhere: kitServices,
      judge: misfits.judge,
      events: {
        connected: (endpoint, peer) => this.feed.tell({ kind: "connected", endpoint, peer }),
        disconnected: (endpoint, peer, error) =>
          this.feed.tell({ kind: "disconnected", endpoint, peer, error }),
        unreachable: () => this.directory.recheck(),
        handshakeFailed: (endpoint, error) => this.feed.tell({ kind: "handshake-failed", endpoint, error }),
      },
    });
    this.announcer = new Announcer({
      describe: () => this.announcement(),
      announce: (announcement) => this.directory.announce(announcement),
      withdraw: () => this.directory.withdraw(),
    });
    this.topics = new TopicHub({
      clock,
      self,
      slow: (topic, peer, dropped) => {
        logger.warn(
          { topic, subscriber: peer.node, instance: peer.instance, dropped },
          "a subscriber does not keep up: publications are dropped for it",
        );
        this.feed.tell({ kind: "slow-subscriber", topic, peer, dropped });
      },
      hookFailed: (topic, error) => logger.error({ error, topic }, "onUnhandled threw"),
      changed: () => this.changed(),
      listen: (endpoint) => {
        this.serving
          .open(endpoint)
          .catch((error) => logger.error({ error, endpoint }, "topics can't be published there"));
      },
    });
    if (publishLogs !== undefined)
      this.logs = new LogTopic(publishLogs, { clock, self, topics: this.topics });
    this.health = new HealthBoard(this.serving);
    serveVerbs(this, { security: security.kind, control: checkControl(options.control) });
    this.serving.onChange(() => this.changed());
  }

  get state(): NodeState {
    return this.nodeState;
  }

  get endpoints(): readonly string[] {
    return this.serving.endpoints;
  }

  get services(): readonly string[] {
    return this.serving.services;
  }

  status(): AsyncIterableIterator<NodeStatus, undefined> {
    return this.feed.follow();
  }

  own(resource: Disposable | AsyncDisposable): () => void {
    return this.owned.add(resource);
  }

  announced(): Promise<void> {
    return this.announcing;
  }

  describe(): NodeDescription {
    return describeNode({
      announcement: this.announcement(),
      state: this.nodeState,
      endpoints: this.endpoints,
      definitions: this.serving.definitions,
      registries: this.registries(),
      load: this.load(),
      nowUs: this.clock.wallUs(),
    });
  }

  load(): Load {
    return this.meter.load();
  }

  /** Where it looks for others. */
  registries(): readonly ResolverLink[] {
    return this.links.all;
  }

  /** What it says of itself. */
  announcement(): Announcement {
    const { serving } = this;
    return {
      node: this.name,
      instance: this.instance,
      epoch: this.epoch,
      endpoints: advertised(serving.endpoints, this.advertise),
      services: [...serving.served, ...this.topics.topics],
      labels: this.labels,
      host: this.host,
      version: this.announcer.latest,
      condition: this.closing === undefined ? serving.condition : "draining",
      kit: KIT,
      processId: process.pid,
    };
  }

  async close(options: CloseNodeOptions = {}): Promise<void> {
    const graceMs = checkGrace(options.graceMs);
    this.closing ??= this.shutDown(graceMs);
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What it serves, or whether it does, has changed. */
  private changed(): void {
    if (this.closing !== undefined) return;
    const { condition } = this.serving;
    const isIdle = this.nodeState === "idle";
    // Nobody knows of it who could be told that it goes.
    if (isIdle && condition === "draining") return;
    if (isIdle) {
      this.become("starting");
      this.meter.start();
      this.logs?.open();
    } else if (condition !== "serving") this.become(condition);
    this.announcing = this.announcer.announce().then(() => {
      if (this.closing === undefined && this.serving.condition === "serving") this.become("running");
    });
  }

  private become(state: NodeState): void {
    if (this.nodeState === state) return;
    this.nodeState = state;
    this.feed.tell({ kind: "lifecycle", state });
  }

  private async shutDown(graceMs: number): Promise<void> {
    // Who knows it calls somebody else, and is not refused.
    this.serving.leave();
    const announced = this.announcing;
    this.become("draining");
    try {
      await within(this.clock, Math.max(graceMs, OWNED_MS), this.owned.dispose());
      this.logs?.close();
      const begun = this.clock.now();
      await within(this.clock, Math.max(graceMs, OWNED_MS), this.topics.close());
      // In whole milliseconds, as it is told to clients.
      const leftMs = Math.ceil(Math.max(0, graceMs - (this.clock.now() - begun)));
      await within(this.clock, ANNOUNCE_MS, announced);
      await this.serving.close(leftMs);
      await this.announcer.withdraw();
    } finally {
      await Promise.allSettled([this.transport.close(), this.directory.close()]);
      this.meter.close();
      this.become("closed");
      this.feed.close();
      this.tellClosed();
    }
  }
}

function checkControl(control: unknown): boolean {
  if (control === undefined || typeof control === "boolean") return control === true;
  throw invalidArgument(`control must be true or false, got ${showValue(control)}`);
}

function checkGrace(graceMs: number | undefined): number {
  if (graceMs === undefined) return GRACE_MS;
  if (typeof graceMs === "number" && Number.isFinite(graceMs) && graceMs >= 0) return graceMs;
  throw invalidArgument(`graceMs must be a number of milliseconds, 0 or more, got ${String(graceMs)}`);
}

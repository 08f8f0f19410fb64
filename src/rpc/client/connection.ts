import type { Backoff } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import type { ServedService } from "../../naming/instance.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { ExpectedServer, Introduction } from "../../wire/handshake.js";
import { firstCredit, mostCredit, type StreamCredit } from "../../wire/limits.js";
import type { Peer } from "../context.js";
import { checkIntervalMs, type SessionShared } from "../session/session.js";
import type { Instance, Transport, UsedService } from "../transport.js";
import { CallDispatcher, waitingBytesFor } from "./call-dispatcher.js";
import { connectionClosed } from "./call-maker.js";
import type { ClientCall } from "./client-call.js";
import { ClientSession, type ClientSessionEvents } from "./client-session.js";
import { Connector, type ConnectorHost } from "./connector.js";
import { ofCall } from "./no-instance.js";
import type { SchemaCheck } from "./schema-check.js";
import { UsedServices, type Withheld } from "./used-services.js";
import { WaitingCalls } from "./waiting-calls.js";

/** All that a connection is made of; the node layer puts it together. */
export interface ConnectionParts {
  readonly endpoints: readonly string[];
  readonly self: Introduction;
  readonly sockets: SocketFactory;
  readonly shared: SessionShared;
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** How long a call waits for a connection to be made, and an attempt for its answer. */
  readonly connectTimeoutMs: number;
  /** How long a server may say nothing at all before its session is given up. */
  readonly stallMs: number;
  /** The one server that is meant; undefined for whoever listens there. */
  readonly expect?: ExpectedServer | undefined;
  readonly judge: SchemaCheck["judge"];
}

/** Who sends calls of its own on a connection's sessions. */
export interface ConnectionUser {
  /** The session has room for more calls. Called for each call that ends. */
  roomier(): void;
  /** Calls wait for this connection that have no time for the backoff. */
  hurries(connection: Connection): boolean;
  /** It would use a session if there were one. */
  wants(connection: Connection): boolean;
  /**
   * There is a session, or no longer; or it was found out what it can be used for; or another attempt to get one has
   * failed.
   */
  changed(): void;
}

/**
 * A client's way to known endpoints: the first that answers is used, where earlier ones in the list have a head start,
 * and the others stand by. Connects when the first call wants it, and again whenever the connection broke. A call
 * belongs to at most one session at a time.
 */
export class Connection extends CallDispatcher implements Instance, ClientSessionEvents, ConnectorHost {
  private readonly parts: ConnectionParts;
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  private endpoints: readonly string[];
  private readonly connector: Connector;
  protected readonly waiting: WaitingCalls;
  protected readonly waitingBytes: number;
  protected readonly mostRefusals = 1;
  private readonly users: ConnectionUser[] = [];
  /** Why the last attempt failed; undefined once one has succeeded. */
  failure: HeliographError | undefined;
  /** Takes the calls: it was welcomed, and neither drains nor is over. Only WELCOME tells whether they may be sent. */
  session: ClientSession | undefined;
  /** All that are not over: the one above, those that are not welcomed yet, and those that drain. */
  private readonly sessions = new Set<ClientSession>();
  /** The endpoints where a server has been. */
  private readonly welcomedAt = new Set<string>();
  /** Set while there are sessions. */
  private checks: Timer | undefined;
  private closing: Promise<void> | undefined;
  /** Set once it is retired. */
  private retired: { readonly reason: HeliographError; over(): void } | undefined;
  private readonly services: UsedServices;
  private announced: readonly ServedService[] = [];
  /** One for each endpoint; this one alone when there is only one. */
  private children: readonly Connection[] | undefined;
  peer: Peer | undefined;

  constructor(parts: ConnectionParts) {
    super();
    this.parts = parts;
    this.clock = parts.clock;
    this.deadlines = new DeadlineWheel(parts.clock);
    this.endpoints = parts.endpoints;
    this.waitingBytes = waitingBytesFor(parts.shared.limits.messageBytes);
    // Those that are withheld hold up nobody else, least of all the question what the server's schema is.
    this.waiting = new WaitingCalls(this.waitingBytes, (call) =>
      this.withheldOf(call) === undefined ? undefined : call.method.definition.service,
    );
    this.services = new UsedServices(
      (service, session) => parts.judge(service, session, this),
      () => this.served(),
    );
    this.connector = new Connector(parts.endpoints, this, {
      clock: parts.clock,
      backoff: parts.backoff,
      attemptMs: parts.connectTimeoutMs,
    });
  }

  get endpoint(): string {
    return this.endpoints.join(", ");
  }

  get transport(): Transport {
    return this;
  }

  /** All services take the same way; of each it is looked whether the server's schema goes with the client's. */
  channel(service: UsedService): Transport {
    this.services.add(service);
    return this;
  }

  /** Why calls of a service that it is used for are not sent now, though there is a session. */
  withheld({ name, schema }: UsedService): Withheld | undefined {
    return this.services.withheld(name, schema);
  }

  /** Calls that are under way to the server. */
  get pending(): number {
    return this.session?.inFlight ?? 0;
  }

  /** Calls that were made on it, and not through a channel, wait to be sent. */
  get isWaitedFor(): boolean {
    return this.waiting.size > 0;
  }

  /** A session is being made. */
  get connecting(): boolean {
    return this.connector.dialing;
  }

  /** Sees to it that there is a session from now on, whenever the server can be reached; tries at once if there is none. */
  connect(): void {
    this.connector.want();
  }

  /** The server can be reached elsewhere from now on. What is connected stays. */
  moveTo(endpoints: readonly string[]): void {
    this.endpoints = endpoints;
    this.connector.moveTo(endpoints);
  }

  /** The server announces these: they count where its WELCOME, which may be older, does not name them. */
  announce(services: readonly ServedService[]): void {
    if (services === this.announced) return;
    this.announced = services;
    if (this.session !== undefined) this.services.lookAgain(this.session.learn(services));
  }

  use(user: ConnectionUser): void {
    this.users.push(user);
  }

  leave(user: ConnectionUser): void {
    const index = this.users.indexOf(user);
    if (index >= 0) this.users.splice(index, 1);
  }

  /** The server is said to be gone: connects no more. Resolves when the calls under way have ended, and all is closed. */
  retire(reason: HeliographError): Promise<void> {
    this.connector.close();
    for (const call of this.waiting.all()) call.fail(this.noInstance(call, reason));
    const retired = new Promise<void>((over) => {
      this.retired = { reason, over };
    });
    for (const session of [...this.sessions]) session.retire(reason);
    this.endRetired();
    return retired;
  }

  /** Each endpoint with a connection of its own; made when first asked for. */
  instances(service: UsedService): readonly Instance[] {
    if (this.closing !== undefined) throw connectionClosed("instances()");
    const { endpoints } = this;
    this.children ??=
      endpoints.length === 1
        ? [this]
        : [...new Set(endpoints)].map((endpoint) => new Connection({ ...this.parts, endpoints: [endpoint] }));
    for (const child of this.children) child.channel(service);
    return this.children;
  }

  /** Ends all calls with CANCELLED and all connections. Always ends. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  protected get connectTimeoutMs(): number {
    return this.parts.connectTimeoutMs;
  }

  protected get isClosed(): boolean {
    return this.closing !== undefined;
  }

  protected get streamCredit(): StreamCredit {
    return firstCredit(this.parts.shared.limits);
  }

  protected get mostCredit(): StreamCredit {
    return mostCredit(this.parts.shared.limits);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // The session's events.

  welcomed(session: ClientSession): void {
    this.welcomedAt.add(session.endpoint);
    if (!this.connector.succeeded(session)) return;
    this.session = session;
    session.learn(this.announced);
    this.failure = undefined;
    this.peer = session.peer;
    this.services.follow(session);
    this.served();
  }

  roomier(session: ClientSession): void {
    if (session !== this.session) return;
    if (this.waiting.size > 0) this.sendWaiting();
    for (const user of this.users) user.roomier();
  }

  draining(session: ClientSession, error: HeliographError): void {
    this.lost(session, error);
  }

  closed(session: ClientSession, error: HeliographError): void {
    this.sessions.delete(session);
    this.lost(session, error);
    this.endRetired();
  }

  // What the connector decides.

  dial(endpoint: string): ClientSession {
    const { shared, sockets, self } = this.parts;
    const session = new ClientSession(shared, sockets, endpoint, self, this.parts.expect, this);
    session.dialedAt = this.clock.now();
    session.wasWelcomed = this.welcomedAt.has(endpoint);
    this.sessions.add(session);
    this.checks ??= this.scheduleChecks();
    return session;
  }

  get hurried(): boolean {
    return (
      this.waiting.all().some(({ patienceMs }) => patienceMs !== undefined) ||
      this.users.some((user) => user.hurries(this))
    );
  }

  get wanted(): boolean {
    return this.users.length === 0 || this.waiting.size > 0 || this.users.some((user) => user.wants(this));
  }

  exhausted(error: HeliographError): void {
    this.failure = error;
    for (const call of this.waiting.all()) {
      if (!call.waitForReady && call.patienceMs === undefined) call.fail(this.noInstance(call, error));
    }
    this.tellUsers();
  }

  protected override wait(call: ClientCall, now: number): void {
    if (this.retired !== undefined) throw this.noInstance(call, this.retired.reason);
    const withheld = this.withheldOf(call);
    if (withheld instanceof HeliographError) throw ofCall(call.method.path, withheld);
    super.wait(call, now);
  }

  protected isConnected(): boolean {
    return this.session !== undefined;
  }

  protected sessionNow(call: ClientCall): ClientSession | undefined {
    const session = this.sessionFor(call);
    return session?.holdsMuch ? undefined : session;
  }

  protected sessionFor(call: ClientCall): ClientSession | undefined {
    const { session } = this;
    if (session === undefined || !session.ready || !this.roomIn(session)) return undefined;
    if (this.withheldOf(call) !== undefined) return undefined;
    return session.fits(call) ? session : undefined;
  }

  protected want(): void {
    this.connector.want();
  }

  protected vainWait(call: ClientCall): string {
    if (this.session === undefined) return `there was no server at ${this.endpoint}`;
    return this.withheldOf(call) === undefined
      ? "too many other calls were in flight"
      : `${this.session.endpoint} has not told its schema`;
  }

  protected noInstance(call: ClientCall, cause: HeliographError | undefined): HeliographError {
    if (call.refusal !== undefined) return call.refusal;
    const where = this.endpoint;
    const last = this.endpoints.length === 1 ? "" : `no server at ${where}; the last one tried: `;
    const why =
      cause === undefined
        ? `no answer from ${where} within ${this.parts.connectTimeoutMs} ms`
        : `${last}${cause.rawMessage}`;
    return new HeliographError(Code.Unavailable, `${call.method.path}: ${why}; ${advice(cause)}`, {
      reason: cause?.reason || "CONNECT_TIMED_OUT",
      notProcessed: true,
      cause,
    });
  }

  private withheldOf({ method }: ClientCall): Withheld | undefined {
    if (this.services.held === 0) return undefined;
    const { service, schema } = method.definition;
    return this.services.withheld(service, schema);
  }

  /** It was found out what the server can be called for: tells those who wait. */
  private served(): void {
    for (const call of this.waiting.all()) {
      const withheld = this.withheldOf(call);
      if (withheld instanceof HeliographError) call.fail(ofCall(call.method.path, withheld));
    }
    this.sendWaiting();
    this.tellUsers();
  }

  /** A session takes no more calls. */
  private lost(session: ClientSession, error: HeliographError): void {
    if (session !== this.session) {
      this.connector.failed(session, error);
      return;
    }
    this.session = undefined;
    this.services.follow(undefined);
    this.connector.lost(error);
    this.tellUsers();
  }

  private endRetired(): void {
    if (this.retired !== undefined && this.sessions.size === 0) void this.close().then(this.retired.over);
  }

  private tellUsers(): void {
    for (const user of [...this.users]) user.changed();
  }

  private scheduleChecks(): Timer {
    const { stallMs } = this.parts;
    return this.clock.after(checkIntervalMs(stallMs), () => {
      const now = this.clock.now();
      for (const session of [...this.sessions]) session.check(now, stallMs);
      this.checks = this.sessions.size === 0 ? undefined : this.scheduleChecks();
    });
  }

  private async shutDown(): Promise<void> {
    this.checks?.clear();
    this.connector.close();
    for (const call of this.waiting.all()) call.fail(connectionClosed(call.method.path));
    const error = new HeliographError(Code.Cancelled, "the connection was closed", {
      reason: "CONNECTION_CLOSED",
    });
    const children = (this.children ?? []).filter((child) => child !== this);
    const closing = [...this.sessions].map((session) => session.close(error));
    await Promise.all([...closing, ...children.map((child) => child.close())]);
    this.deadlines.close();
  }
}

function advice(cause: HeliographError | undefined): string {
  if (cause?.reason === "HANDSHAKE_FAILED") return "see what listens there";
  return "start the server, or pass waitForReady: true to wait for it";
}

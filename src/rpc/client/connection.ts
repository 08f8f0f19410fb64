import type { Backoff } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { ExpectedServer, Introduction } from "../../wire/handshake.js";
import { firstCredit, initialLimits, mostCredit, type StreamCredit } from "../../wire/limits.js";
import type { Peer } from "../context.js";
import { checkIntervalMs, type SessionShared } from "../session/session.js";
import type { Instance, Transport, UsedService } from "../transport.js";
import { CallDispatcher, waitingBytesFor } from "./call-dispatcher.js";
import { connectionClosed } from "./call-maker.js";
import type { ClientCall } from "./client-call.js";
import { ClientSession, type ClientSessionEvents } from "./client-session.js";
import { Connector, type ConnectorHost } from "./connector.js";
import { isSpecial } from "./prepare-call.js";
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
  /**
   * Whether the server of a session can be called by a client of this service; see `SchemaCheck.judge`. Default: it is
   * not looked at.
   */
  judge?(
    service: UsedService,
    session: ClientSession,
    connection: Connection,
  ): HeliographError | undefined | Promise<HeliographError | undefined>;
}

/** Who sends calls of its own on a connection's sessions. */
export interface ConnectionUser {
  /** The session has room for more calls. Called for each call that ends. */
  roomier(): void;
  /** There is a session that has been welcomed, or no longer, or another attempt to get one has failed. */
  changed(connection: Connection): void;
}

/**
 * A client's way to known endpoints: the first that answers is used, the others stand by. Connects when the first
 * call wants it, and again whenever the connection broke. A call belongs to at most one session at a time.
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
  /** Takes the calls; undefined while there is none. */
  private current: ClientSession | undefined;
  /** Being dialed, or not yet welcomed. */
  private attempt: ClientSession | undefined;
  /** The server that was last connected is shutting down, and may still take connections: nothing is sent before WELCOME. */
  private cautious = false;
  /** All that are not over: the two above, and those that drain. */
  private readonly sessions = new Set<ClientSession>();
  /** Set while there are sessions. */
  private checks: Timer | undefined;
  private closing: Promise<void> | undefined;
  /** Set once it is retired. */
  private retired: (() => void) | undefined;
  /** Services that clients were made of, by name. */
  private readonly used = new Map<string, UsedService>();
  /** Those of them that the server can't be called for, or for which that is being found out. */
  private readonly withheld = new Map<string, HeliographError | "undecided">();
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
    this.waiting = new WaitingCalls(this.waitingBytes);
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

  /** Takes calls: it has been welcomed, and neither drains nor is over. */
  get session(): ClientSession | undefined {
    const { current } = this;
    return current?.welcomed && !current.draining ? current : undefined;
  }

  /** All services take the same way; of each it is looked whether the server's schema goes with the client's. */
  channel(service: UsedService): Transport {
    if (this.parts.judge !== undefined && !this.used.has(service.name)) {
      this.used.set(service.name, service);
      if (this.session !== undefined) this.judge(service, this.session);
    }
    return this;
  }

  /** Calls that are under way to the server. */
  get pending(): number {
    return this.current?.inFlight ?? 0;
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
    const retired = new Promise<void>((resolve) => {
      this.retired = resolve;
    });
    for (const session of [...this.sessions]) session.retire(reason);
    this.endRetired();
    return retired;
  }

  /** Each endpoint with a connection of its own; made when first asked for. */
  instances(): readonly Instance[] {
    if (this.closing !== undefined) throw connectionClosed("instances()");
    const { endpoints } = this;
    this.children ??=
      endpoints.length === 1
        ? [this]
        : [...new Set(endpoints)].map((endpoint) => new Connection({ ...this.parts, endpoints: [endpoint] }));
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

  opened(session: ClientSession): void {
    if (session !== this.attempt) return;
    this.current = session;
    this.sendWaiting();
  }

  welcomed(session: ClientSession): void {
    if (session !== this.attempt) return;
    this.attempt = undefined;
    this.failure = undefined;
    this.peer = session.peer;
    this.connector.succeeded();
    this.withheld.clear();
    for (const service of this.used.values()) this.judge(service, session);
    this.sendWaiting();
    this.tellUsers();
  }

  roomier(session: ClientSession): void {
    if (session !== this.current) return;
    if (this.waiting.size > 0) this.sendWaiting();
    for (const user of this.users) user.roomier();
  }

  draining(session: ClientSession, error: HeliographError): void {
    this.cautious = true;
    if (session === this.current) this.current = undefined;
    else if (session !== this.attempt) return;
    if (session === this.attempt) {
      this.attempt = undefined;
      this.connector.failed(error);
    } else this.connector.lost(error);
    this.tellUsers();
  }

  closed(session: ClientSession, error: HeliographError): void {
    this.sessions.delete(session);
    const { attempt, current } = this;
    if (session === current) this.current = undefined;
    if (session === attempt) {
      this.attempt = undefined;
      this.connector.failed(error);
    } else if (session === current) this.connector.lost(error);
    if (session === current) this.tellUsers();
    this.endRetired();
  }

  // What the connector decides.

  dial(endpoint: string): void {
    const { shared, sockets, self } = this.parts;
    const session = new ClientSession(shared, sockets, endpoint, self, this.parts.expect, this);
    this.attempt = session;
    this.sessions.add(session);
    this.checks ??= this.scheduleChecks();
  }

  abandon(error: HeliographError): void {
    void this.attempt?.close(error);
  }

  get hurried(): boolean {
    return this.waiting.all().some(({ patienceMs }) => patienceMs !== undefined);
  }

  exhausted(error: HeliographError): void {
    this.failure = error;
    for (const call of this.waiting.all()) {
      if (!call.waitForReady && call.patienceMs === undefined) call.fail(this.noInstance(call, error));
    }
    this.tellUsers();
  }

  protected override begin(call: ClientCall, now: number): void {
    const verdict = this.withheld.size === 0 ? undefined : this.withheld.get(call.method.definition.service);
    // Without a session it is that of a server that is gone: the next one is asked anew.
    if (verdict instanceof HeliographError && this.session !== undefined) call.fail(verdict);
    else super.begin(call, now);
  }

  protected isConnected(): boolean {
    return this.current !== undefined;
  }

  protected sessionNow(call: ClientCall): ClientSession | undefined {
    const session = this.current;
    if (this.withheld.size > 0 && this.withheld.has(call.method.definition.service)) return undefined;
    if (session === undefined || !session.welcomed || !session.ready) return undefined;
    return this.roomIn(session) && !session.holdsMuch ? session : undefined;
  }

  protected sessionFor(call: ClientCall): ClientSession | undefined {
    const session = this.current;
    if (session === undefined || !session.ready || !this.roomIn(session)) return undefined;
    if (this.withheld.has(call.method.definition.service)) return undefined;
    if (!session.welcomed && (this.cautious || needsWelcome(call) || this.used.size > 0)) return undefined;
    return session.fits(call) ? session : undefined;
  }

  protected want(): void {
    this.connector.want();
  }

  protected vainWait(): string {
    return this.current === undefined
      ? `there was no server at ${this.endpoint}`
      : "too many other calls were in flight";
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

  private judge(service: UsedService, session: ClientSession): void {
    const verdict = this.parts.judge?.(service, session, this);
    if (verdict === undefined) return;
    if (!(verdict instanceof Promise)) {
      this.withhold(service.name, verdict);
      return;
    }
    this.withheld.set(service.name, "undecided");
    void verdict.then((error) => {
      if (session !== this.session) return;
      this.withheld.delete(service.name);
      if (error !== undefined) this.withhold(service.name, error);
      this.sendWaiting();
    });
  }

  private withhold(service: string, error: HeliographError): void {
    this.withheld.set(service, error);
    for (const call of this.waiting.all()) if (call.method.definition.service === service) call.fail(error);
  }

  private endRetired(): void {
    if (this.retired !== undefined && this.sessions.size === 0) void this.close().then(this.retired);
  }

  private tellUsers(): void {
    for (const user of [...this.users]) user.changed(this);
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

/** A patient call takes no risk; and only WELCOME tells whether the server takes more than the constant, and who it is. */
function needsWelcome(call: ClientCall): boolean {
  return call.waitForReady || isSpecial(call) || (call.request?.length ?? 0) > initialLimits.messageBytes;
}

function advice(cause: HeliographError | undefined): string {
  if (cause?.reason === "HANDSHAKE_FAILED") return "see what listens there";
  return "start the server, or pass waitForReady: true to wait for it";
}

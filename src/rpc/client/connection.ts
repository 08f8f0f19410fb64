import type { Backoff } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { Introduction } from "../../wire/handshake.js";
import { firstCredit, initialLimits, mostCredit, type StreamCredit } from "../../wire/limits.js";
import { callTimedOut } from "../call-options.js";
import type { Peer } from "../context.js";
import { encodeMessage } from "../session/payload.js";
import { checkIntervalMs, type SessionShared } from "../session/session.js";
import type { Instance, Transport } from "../transport.js";
import { CallMaker, connectionClosed } from "./call-maker.js";
import type { ClientCall } from "./client-call.js";
import { ClientSession, type ClientSessionEvents } from "./client-session.js";
import { Connector, type ConnectorHost } from "./connector.js";
import { isSpecial, prepare } from "./prepare-call.js";
import type { ResumingCall } from "./resuming-call.js";
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
}

/** Bytes that may wait in a session's packets before calls wait outside of it. */
const SESSION_QUEUE_BYTES = 8 * 1024 * 1024;
/** Bytes that may wait in a session and, again, outside of it; or four messages of the largest size, if that is more. */
const WAITING_BYTES = 64 * 1024 * 1024;

/**
 * A client's way to known endpoints: the first that answers is used, the others stand by. Connects when the first
 * call wants it, and again whenever the connection broke. A call belongs to at most one session at a time.
 */
export class Connection extends CallMaker implements Instance, ClientSessionEvents, ConnectorHost {
  private readonly parts: ConnectionParts;
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  private readonly connector: Connector;
  private readonly waiting: WaitingCalls;
  private readonly waitingBytes: number;
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
  /** One for each endpoint; this one alone when there is only one. */
  private children: readonly Connection[] | undefined;
  peer: Peer | undefined;

  constructor(parts: ConnectionParts) {
    super();
    this.parts = parts;
    this.clock = parts.clock;
    this.deadlines = new DeadlineWheel(parts.clock);
    this.waitingBytes = Math.max(WAITING_BYTES, parts.shared.limits.messageBytes * 4);
    this.waiting = new WaitingCalls(this.waitingBytes);
    this.connector = new Connector(parts.endpoints, this, {
      clock: parts.clock,
      backoff: parts.backoff,
      attemptMs: parts.connectTimeoutMs,
    });
  }

  get endpoint(): string {
    return this.parts.endpoints.join(", ");
  }

  get transport(): Transport {
    return this;
  }

  /** Each endpoint with a connection of its own; made when first asked for. */
  instances(): readonly Instance[] {
    if (this.closing !== undefined) throw connectionClosed("instances()");
    const { endpoints } = this.parts;
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

  // Calls.

  settled(call: ClientCall): void {
    this.deadlines.remove(call);
    this.waiting.remove(call);
  }

  expired(call: ClientCall): void {
    const now = this.clock.now();
    if (now >= call.deadline) call.fail(this.neverSent(call));
    else if (this.current === undefined && !call.waitForReady) call.fail(this.noInstance(call, undefined));
    else if (call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
  }

  again(call: ClientCall, error: HeliographError): boolean {
    if (error.code !== Code.Unavailable || !call.repeatable || this.closing !== undefined) return false;
    call.leaveSession(error);
    this.deadlines.remove(call);
    this.goOn(call);
    return true;
  }

  resumes(call: ResumingCall): boolean {
    if (this.closing !== undefined) return false;
    call.leaveSession(undefined);
    this.deadlines.remove(call);
    // Not from within the end of a session, which is still being told to its calls.
    this.goOn(call);
    return true;
  }

  // The session's events.

  opened(session: ClientSession): void {
    if (session !== this.attempt) return;
    this.current = session;
    this.sendWaiting(session);
  }

  welcomed(session: ClientSession): void {
    if (session !== this.attempt) return;
    this.attempt = undefined;
    this.peer = session.peer;
    this.connector.succeeded();
    this.sendWaiting(session);
  }

  roomier(session: ClientSession): void {
    if (session === this.current && this.waiting.size > 0) this.sendWaiting(session);
  }

  draining(session: ClientSession, error: HeliographError): void {
    this.cautious = true;
    if (session === this.current) this.current = undefined;
    else if (session !== this.attempt) return;
    if (session === this.attempt) {
      this.attempt = undefined;
      this.connector.failed(error);
    } else this.connector.lost(error);
  }

  closed(session: ClientSession, error: HeliographError): void {
    this.sessions.delete(session);
    const { attempt, current } = this;
    if (session === current) this.current = undefined;
    if (session === attempt) {
      this.attempt = undefined;
      this.connector.failed(error);
    } else if (session === current) this.connector.lost(error);
  }

  // What the connector decides.

  dial(endpoint: string): void {
    const { shared, sockets, self } = this.parts;
    const session = new ClientSession(shared, sockets, endpoint, self, this);
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
    for (const call of this.waiting.all()) {
      if (!call.waitForReady && call.patienceMs === undefined) call.fail(this.noInstance(call, error));
    }
  }

  protected begin(call: ClientCall, now: number): void {
    const session = this.current;
    try {
      if (
        session?.welcomed &&
        session.ready &&
        this.waiting.size === 0 &&
        this.roomIn(session) &&
        !session.holdsMuch &&
        !isSpecial(call)
      ) {
        session.start(call, now);
        if (call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
      } else this.wait(call, now);
    } catch (error) {
      call.fail(HeliographError.from(error));
    }
  }

  private wait(call: ClientCall, now: number): void {
    if (call.request === undefined && !call.streamsRequests)
      call.request = encodeMessage(call.method.codec, call.method.input, call.message);
    this.waiting.add(call);
    const { current } = this;
    const connected = current !== undefined;
    const { patienceMs } = call;
    const patient = patienceMs === undefined && (connected || call.waitForReady);
    const mostMs = patienceMs ?? this.parts.connectTimeoutMs;
    const due = patient ? call.deadline : Math.min(call.deadline, now + mostMs);
    if (due !== Number.POSITIVE_INFINITY) this.deadlines.add(call, due);
    if (connected) this.sendWaiting(current);
    else this.connector.want();
  }

  /** Large requests that wait for their chunks to leave hold nothing up, until they are too many. */
  private roomIn({ outbox }: ClientSession): boolean {
    return outbox.packetBytes < SESSION_QUEUE_BYTES && outbox.waitingBytes < this.waitingBytes;
  }

  private sendWaiting(session: ClientSession): void {
    const now = this.clock.now();
    while (session.ready && this.roomIn(session)) {
      const call = this.waiting.first((each) => session.fits(each));
      if (call === undefined) return;
      if (!session.welcomed && (this.cautious || needsWelcome(call))) return;
      this.waiting.remove(call);
      this.deadlines.remove(call);
      try {
        const packing = isSpecial(call) ? prepare(call, session) : undefined;
        if (packing !== undefined) {
          packing.then(
            () => this.goOn(call),
            (error) => call.fail(HeliographError.from(error)),
          );
        } else if (session.ready && !call.done) session.start(call, now);
        else {
          // Who chose the compression has ended the session, or the call.
          this.goOn(call);
          continue;
        }
        if (!call.done && call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
      } catch (error) {
        call.fail(HeliographError.from(error));
      }
    }
  }

  /** A call whose request had to be compressed first. */
  private goOn(call: ClientCall): void {
    if (call.done) return;
    this.deadlines.remove(call);
    try {
      if (this.closing !== undefined) throw connectionClosed(call.method.path);
      this.wait(call, this.clock.now());
    } catch (error) {
      call.fail(HeliographError.from(error));
    }
  }

  private noInstance(call: ClientCall, cause: HeliographError | undefined): HeliographError {
    if (call.refusal !== undefined) return call.refusal;
    const where = this.parts.endpoints.join(", ");
    const last = this.parts.endpoints.length === 1 ? "" : `no server at ${where}; the last one tried: `;
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

  private neverSent(call: ClientCall): HeliographError {
    const where = this.parts.endpoints.join(", ");
    const why =
      this.current === undefined ? `there was no server at ${where}` : "too many other calls were in flight";
    return callTimedOut(call.method.path, call.timeoutMs, why);
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

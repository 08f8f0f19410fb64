import type { Buffer } from "node:buffer";
import type { Timer } from "../../core/clock.js";
import type { HeliographError } from "../../core/error.js";
import type { Listener, ListenerEvents, SocketFactory } from "../../socket/socket.js";
import { envelopeLength } from "../../wire/envelope.js";
import { sameBytes } from "../../wire/same-bytes.js";
import type { DetachedCall } from "../kept/detached.js";
import { drainingError } from "../refusals.js";
import { checkIntervalMs } from "../session/session.js";
import { AnonymousPeer } from "./anonymous.js";
import type { WhichCalls } from "./server-call.js";
import { ServerSession, type ServerSessionHost } from "./server-session.js";
import type { ServerShared } from "./server-shared.js";

/** How long the last answers may take to leave. */
const LAST_WORDS_MS = 1_000;
/** More clients than this at a time are turned away. */
const MAX_PEERS = 16_384;

/** One bound endpoint: tells the sessions and the session-less clients that come in on it apart. */
export class RpcServer implements ListenerEvents, ServerSessionHost {
  private readonly shared: ServerShared;
  private readonly sessions = new Map<string, ServerSession>();
  /** The one that was heard last: it is compared first, which is cheaper than to make a key of its routing id. */
  private latest: ServerSession | undefined;
  private readonly anonymous = new Map<string, AnonymousPeer>();
  private listener: Listener | undefined;
  private checks: Timer | undefined;
  private draining: (() => void) | undefined;
  private closing: Promise<void> | undefined;

  constructor(shared: ServerShared) {
    this.shared = shared;
  }

  get endpoint(): string {
    return this.listener?.endpoint ?? "";
  }

  /** Clients that have said HELLO, or something that is to become one. */
  get sessionCount(): number {
    return this.sessions.size;
  }

  private get peers(): number {
    return this.sessions.size + this.anonymous.size;
  }

  async listen(sockets: SocketFactory, endpoint: string): Promise<void> {
    this.listener = await sockets.listen(endpoint, this);
    this.scheduleChecks();
  }

  // The socket's events.

  message(routingId: Buffer, parts: Buffer[], bytes: number): void {
    const { latest } = this;
    if (latest !== undefined && sameBytes(latest.routingId, routingId) && envelopeLength(parts) === 0) {
      latest.receive(parts, bytes);
      return;
    }
    const key = keyOf(routingId);
    const session = this.sessions.get(key);
    this.latest = session;
    if (session !== undefined && envelopeLength(parts) === 0) session.receive(parts, bytes);
    else if (parts.length > 0) this.newcomer(key, routingId, parts, bytes);
  }

  left(routingId: Buffer): void {
    const key = keyOf(routingId);
    this.sessions.get(key)?.left();
    this.anonymous.get(key)?.left();
    this.anonymous.delete(key);
    this.progressed();
  }

  // The sessions' events.

  send(routingId: Buffer, parts: Buffer[]): number {
    return this.listener?.send(routingId, parts) ?? 0;
  }

  ended(session: ServerSession, kick: boolean): void {
    const key = keyOf(session.routingId);
    if (this.sessions.get(key) === session) this.sessions.delete(key);
    if (this.latest === session) this.latest = undefined;
    if (kick) this.cutOff(session.routingId);
    this.progressed();
  }

  progressed(): void {
    // What has ended is sent at the end of the turn; look after that.
    if (this.draining !== undefined) setImmediate(this.draining);
  }

  /** Ends these calls, and tells their callers. */
  cancelCalls(reason: HeliographError, which: WhichCalls): void {
    const { detached } = this.shared;
    // Those that wait for a lane first, as the others would leave them theirs.
    for (const among of [(call: DetachedCall) => !call.started && which(call), which]) {
      detached.cancel(reason, among);
      for (const session of this.sessions.values()) session.cancelCalls(reason, among);
      for (const peer of this.anonymous.values()) peer.cancelCalls(reason, among);
    }
  }

  /**
   * Starts nothing new, lets what was admitted finish until the grace is over, ends the rest with UNAVAILABLE,
   * and closes. Always ends.
   */
  close(graceMs: number): Promise<void> {
    this.closing ??= this.shutDown(graceMs);
    return this.closing;
  }

  private newcomer(key: string, routingId: Buffer, parts: Buffer[], bytes: number): void {
    if (this.peers >= MAX_PEERS && !this.anonymous.has(key)) {
      this.cutOff(routingId);
      return;
    }
    if (envelopeLength(parts) > 0) {
      this.anonymousPeer(key, routingId).receive(parts);
      return;
    }
    const session = new ServerSession(this.shared, this, routingId);
    this.sessions.set(key, session);
    if (this.closing !== undefined) session.turnAway(drainingError());
    else session.receive(parts, bytes);
  }

  private anonymousPeer(key: string, routingId: Buffer): AnonymousPeer {
    let peer = this.anonymous.get(key);
    if (peer === undefined) {
      peer = new AnonymousPeer(this.shared, (parts) => {
        this.listener?.send(routingId, parts);
        this.progressed();
      });
      if (this.closing !== undefined) peer.drain(drainingError());
      this.anonymous.set(key, peer);
    }
    return peer;
  }

  private cutOff(routingId: Buffer): void {
    // Best effort: a peer that can't be cut off has gone already.
    this.listener?.disconnect(routingId).catch(() => {});
  }

  private scheduleChecks(): void {
    this.checks = this.shared.clock.after(checkIntervalMs(this.shared.stallMs), () => {
      const now = this.shared.clock.now();
      for (const session of [...this.sessions.values()]) session.check(now);
      this.scheduleChecks();
    });
  }

  private async shutDown(graceMs: number): Promise<void> {
    const { detached } = this.shared;
    const progressed = () => this.progressed();
    detached.watchers.add(progressed);
    detached.drain();
    for (const session of this.sessions.values()) session.drain(graceMs);
    for (const peer of this.anonymous.values()) peer.drain(drainingError());
    await this.idle(graceMs);
    this.cancelCalls(drainingError(), () => true);
    await this.idle(LAST_WORDS_MS);
    this.checks?.clear();
    detached.watchers.delete(progressed);
    await this.listener?.close({ lingerMs: LAST_WORDS_MS });
    for (const session of [...this.sessions.values()]) session.left();
    for (const peer of this.anonymous.values()) peer.left();
  }

  /** Waits until nothing is in flight and everything was sent, or the time is over. */
  private idle(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        const idle =
          [...this.sessions.values()].every((session) => session.idle) &&
          [...this.anonymous.values()].every((peer) => peer.idle) &&
          this.shared.detached.idle;
        // It may have been asked for several times; a later wait has a check of its own.
        if (idle && this.draining === check) done();
      };
      const done = () => {
        timer.clear();
        this.draining = undefined;
        resolve();
      };
      const timer = this.shared.clock.after(ms, done);
      this.draining = check;
      this.progressed();
    });
  }
}

function keyOf(routingId: Buffer): string {
  return routingId.toString("latin1");
}

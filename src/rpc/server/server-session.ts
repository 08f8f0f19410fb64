import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { protocolViolation } from "../../wire/fault.js";
import { type Frame, FrameKind } from "../../wire/frame.js";
import { commonVersion, readHello, writeWelcome } from "../../wire/handshake.js";
import type { Peer } from "../context.js";
import { windowUnread } from "../refusals.js";
import { Session } from "../session/session.js";
import type { WhichCalls } from "./server-call.js";
import type { ServerShared } from "./server-shared.js";
import { SessionCalls, type SessionCallsHost } from "./session-calls.js";

/** How long a peer may take to say HELLO. */
const GREET_MS = 10_000;

/** What a session needs of the listener that it came in on. */
export interface ServerSessionHost {
  send(routingId: Buffer, parts: Buffer[]): number;
  /** The session is over; `kick` to break the connection as well. */
  ended(session: ServerSession, kick: boolean): void;
  /** A call has ended, or the peer has read something. */
  progressed(): void;
}

/** One client's session, from its HELLO to its end. */
export class ServerSession extends Session implements SessionCallsHost {
  readonly routingId: Buffer;
  private readonly server: ServerShared;
  private readonly host: ServerSessionHost;
  private readonly calls: SessionCalls;
  private greeted = false;
  private blockedSince = 0;
  private readonly since: number;

  constructor(server: ServerShared, host: ServerSessionHost, routingId: Buffer) {
    super(server.session);
    this.server = server;
    this.host = host;
    this.routingId = routingId;
    this.since = server.clock.now();
    this.calls = new SessionCalls(server, this);
  }

  get peer(): Peer {
    return this.calls.peer;
  }

  /** A drain has nothing to wait for here. */
  get idle(): boolean {
    return this.calls.idle && this.outbox.empty;
  }

  override receive(parts: Buffer[], bytes: number): void {
    this.calls.arrival = { at: this.server.clock.now() };
    super.receive(parts, bytes);
  }

  send(parts: Buffer[]): number {
    return this.host.send(this.routingId, parts);
  }

  drained(): void {
    this.host.progressed();
    this.streams.wake();
    this.calls.drained();
  }

  transferred(callId: number): void {
    this.calls.transferred(callId);
  }

  progressed(): void {
    this.host.progressed();
  }

  overrun(error: HeliographError): void {
    this.fail(error);
  }

  /** Starts nothing new; calls in flight go on. */
  drain(graceMs: number): void {
    if (this.ended || this.calls.draining) return;
    this.calls.draining = true;
    this.sendGoaway(this.calls.lastCallId, graceMs);
  }

  /** Ends these calls, and tells the client. */
  cancelCalls(reason: HeliographError, which: WhichCalls): void {
    this.calls.cancelCalls(reason, which);
  }

  /** Refuses the whole session: none of its calls is started. */
  turnAway(error: HeliographError): void {
    this.sendGoaway(0, 0, error);
    this.end(error, true);
  }

  /** The connection is gone. */
  left(): void {
    this.end(new HeliographError(Code.Cancelled, "the caller is gone", { reason: "PEER_GONE" }), false);
  }

  /** Asked now and then: ends the session of a peer that says nothing, or leaves a full window unread, for too long. */
  check(now: number): void {
    const { stallMs } = this.server;
    if (!this.greeted && now - this.since >= GREET_MS) {
      this.fail(protocolViolation(`no HELLO within ${GREET_MS} ms`));
      return;
    }
    const silent = this.checkSilence(now, stallMs);
    if (silent !== undefined) {
      this.fail(silent);
      return;
    }
    if (!this.outbox.blocked || this.outbox.moved) {
      this.outbox.moved = false;
      this.blockedSince = 0;
    } else if (this.blockedSince === 0) this.blockedSince = now;
    else if (now - this.blockedSince >= stallMs)
      this.fail(windowUnread(now - this.blockedSince, this.outbox.waitingBytes));
  }

  protected take(frame: Frame): void {
    if (!this.greeted) {
      this.greet(frame);
      return;
    }
    switch (frame.kind) {
      case FrameKind.Request:
        this.calls.request(frame);
        return;
      case FrameKind.Message:
      case FrameKind.Credit:
        this.calls.streamFrame(frame);
        return;
      case FrameKind.Cancel:
        this.calls.cancel(frame.callId);
        return;
      case FrameKind.Goaway:
        this.end(new HeliographError(Code.Cancelled, "the caller went away", { reason: "PEER_GONE" }), true);
        return;
      case FrameKind.Hello:
        throw protocolViolation("a second HELLO");
      case FrameKind.Welcome:
      case FrameKind.End:
        throw protocolViolation(`a client sent a frame of kind ${frame.kind}`);
      default:
        this.calls.unknownKind(frame);
    }
  }

  protected fail(error: HeliographError): void {
    this.server.onFault(error, this.peer.node);
    this.sendGoaway(this.calls.lastCallId, 0, error);
    this.end(error, true);
  }

  private greet(frame: Frame): void {
    if (frame.kind !== FrameKind.Hello || frame.bodyStart < 0)
      throw protocolViolation("a session begins with HELLO");
    const hello = readHello(frame);
    const version = commonVersion(hello.versions);
    const { expect } = hello;
    const { self } = this.server;
    if (expect !== undefined && (expect.instance !== self.instance || expect.epoch !== self.epoch)) {
      throw new HeliographError(
        Code.Unavailable,
        `the caller means ${expect.instance} of epoch ${expect.epoch}, this is ${self.instance} of epoch ${self.epoch}`,
        {
          reason: "WRONG_INSTANCE",
        },
      );
    }
    this.greeted = true;
    this.calls.greeted({ node: hello.node, instance: hello.instance }, hello.limits, hello.features);
    this.outbox.grant(hello.limits);
    const writer = this.outbox.begin(FrameKind.Welcome, 0);
    writeWelcome(writer, self, version, this.server.router.served);
    this.outbox.end(writer);
  }

  private end(reason: HeliographError, kick: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.outbox.close();
    this.streams.close();
    this.calls.end(reason);
    this.host.ended(this, kick);
  }
}

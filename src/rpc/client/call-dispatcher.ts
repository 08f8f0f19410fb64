import { Code } from "../../core/code.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import { HeliographError } from "../../core/error.js";
import { callTimedOut } from "../call-options.js";
import { encodeMessage } from "../session/payload.js";
import { CallMaker, connectionClosed } from "./call-maker.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import { isSpecial, prepare } from "./prepare-call.js";
import type { ResumingCall } from "./resuming-call.js";
import type { WaitingCalls } from "./waiting-calls.js";

/** Bytes that may wait in a session's packets before calls wait outside of it. */
const SESSION_QUEUE_BYTES = 8 * 1024 * 1024;
/** Bytes that may wait in a session and, again, outside of it; or four messages of the largest size, if that is more. */
const WAITING_BYTES = 64 * 1024 * 1024;

/** Bytes of calls that may wait for a session. */
export function waitingBytesFor(messageBytes: number): number {
  return Math.max(WAITING_BYTES, messageBytes * 4);
}

/** Brings calls to sessions: at once where there is one with room, else they wait for it. */
export abstract class CallDispatcher extends CallMaker {
  abstract override readonly deadlines: DeadlineWheel;
  protected abstract readonly waiting: WaitingCalls;
  protected abstract readonly waitingBytes: number;
  /** How long a call waits for a connection to be made. */
  protected abstract readonly connectTimeoutMs: number;
  /** How often a call goes on elsewhere, or once more, after sessions that did nothing of it. */
  protected abstract readonly mostRefusals: number;
  /** A session that takes a call of the usual kind at this moment. */
  protected abstract sessionNow(call: ClientCall): ClientSession | undefined;
  /** A session that takes a call that had to wait. */
  protected abstract sessionFor(call: ClientCall): ClientSession | undefined;
  /** There is a session that the call is sent on, or waits for room in. */
  protected abstract isConnected(call: ClientCall): boolean;
  /** A call waits for a connection: see to it that there will be one. */
  protected abstract want(call: ClientCall): void;
  /** Why a call found no server. */
  protected abstract noInstance(call: ClientCall, cause: HeliographError | undefined): HeliographError;
  /** What the call has waited for in vain, now that its time is over. */
  protected abstract vainWait(call: ClientCall): string;

  settled(call: ClientCall): void {
    this.deadlines.remove(call);
    this.waiting.remove(call);
  }

  expired(call: ClientCall): void {
    if (this.clock.now() >= call.deadline)
      call.fail(callTimedOut(call.method.path, call.timeoutMs, this.vainWait(call)));
    else if (!this.isConnected(call) && !call.waitForReady) call.fail(this.noInstance(call, undefined));
    else if (call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
  }

  again(call: ClientCall, error: HeliographError): boolean {
    if (error.code !== Code.Unavailable || !call.repeatable || this.isClosed) return false;
    if (call.refusals >= this.mostRefusals) return false;
    call.leaveSession(error);
    this.deadlines.remove(call);
    this.goOn(call);
    return true;
  }

  resumes(call: ResumingCall): boolean {
    if (this.isClosed) return false;
    call.leaveSession(undefined);
    this.deadlines.remove(call);
    // Not from within the end of a session, which is still being told to its calls.
    this.goOn(call);
    return true;
  }

  protected begin(call: ClientCall, now: number): void {
    try {
      const session = this.waiting.size === 0 && !isSpecial(call) ? this.sessionNow(call) : undefined;
      if (session === undefined) this.wait(call, now);
      else {
        session.start(call, now);
        if (call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
      }
    } catch (error) {
      call.fail(HeliographError.from(error));
    }
  }

  /** A call that was not sent, or whose session did nothing of it. */
  goOn(call: ClientCall): void {
    if (call.done) return;
    this.deadlines.remove(call);
    try {
      if (this.isClosed) throw connectionClosed(call.method.path);
      this.wait(call, this.clock.now());
    } catch (error) {
      call.fail(HeliographError.from(error));
    }
  }

  protected sendWaiting(): void {
    const now = this.clock.now();
    let way: ClientSession | HeliographError | undefined;
    const fits = (each: ClientCall) => {
      way = this.wayFor(each);
      return way !== undefined;
    };
    while (this.waiting.size > 0) {
      const call = this.waiting.first(fits);
      if (call === undefined || way === undefined) return;
      this.waiting.remove(call);
      this.deadlines.remove(call);
      if (way instanceof HeliographError) call.fail(way);
      else this.sendOn(call, way, now);
    }
  }

  /** Large requests that wait for their chunks to leave hold nothing up, until they are too many. */
  protected roomIn({ outbox }: ClientSession): boolean {
    return outbox.packetBytes < SESSION_QUEUE_BYTES && outbox.waitingBytes < this.waitingBytes;
  }

  /** Brings the call to a session as soon as there is one for it. */
  protected wait(call: ClientCall, now: number): void {
    if (call.request === undefined && !call.streamsRequests)
      call.request = encodeMessage(call.method.codec, call.method.input, call.message);
    this.waiting.add(call);
    const connected = this.isConnected(call);
    const { patienceMs } = call;
    const patient = patienceMs === undefined && (connected || call.waitForReady);
    const mostMs = patienceMs ?? this.connectTimeoutMs;
    const due = patient ? call.deadline : Math.min(call.deadline, now + mostMs);
    if (due !== Number.POSITIVE_INFINITY) this.deadlines.add(call, due);
    if (connected) this.sendWaiting();
    else this.want(call);
  }

  /** What a user's balancer throws is the end of its call, and of nothing else. */
  private wayFor(call: ClientCall): ClientSession | HeliographError | undefined {
    try {
      return this.sessionFor(call);
    } catch (thrown) {
      return HeliographError.from(thrown);
    }
  }

  private sendOn(call: ClientCall, session: ClientSession, now: number): void {
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
        return;
      }
      if (!call.done && call.deadline !== Number.POSITIVE_INFINITY) this.deadlines.add(call, call.deadline);
    } catch (error) {
      call.fail(HeliographError.from(error));
    }
  }
}

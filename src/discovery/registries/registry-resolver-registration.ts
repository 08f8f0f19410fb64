import type { Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { RegisterRequest, RegisterResponse } from "../../gen/heliograph/discovery/v1/registry.js";
import type { Announcement } from "../../naming/instance.js";
import type { ResolverHost } from "../../naming/resolver.js";
import { announcementMessage, loadMessage } from "../announcement-message.js";
import {
  HEARTBEAT_MS,
  type RegistryClient,
  type RegistryLink,
  type RegistryStream,
} from "./registry-resolver-link.js";

/**
 * How long a registry may take to answer an announcement before whoever waits for it is told. On a machine on which a
 * hundred processes start at once it takes two seconds to get to it; one that hangs is given up after six.
 */
const ANSWER_MS = 5_000;
/** By more than this timers are late only where this process itself was held up. */
const LATE_MS = 100;
/** How long a registry may take to answer that the node leaves. */
const LEAVE_MS = 500;
/** How often a node says something at most, and at least, whatever the registry asks for. */
const LEAST_HEARTBEAT_MS = 10;
const MOST_HEARTBEAT_MS = 60_000;
/** At how many moments of an interval heartbeats leave: what comes in bursts wakes the registry less often. */
const MOMENTS = 20;

/** Who waits for an announcement to be seen. */
interface Waiter {
  readonly version: number;
  resolve(): void;
  reject(error: HeliographError): void;
}

/** One Register stream, from its beginning to its end. */
class Run {
  readonly client: RegistryClient;
  /** The announcement that was sent last. */
  sent = -1;
  heartbeatDue = false;
  nextAt: number | undefined;
  timer: Timer | undefined;
  answerTimer: Timer | undefined;
  private readonly abort = new AbortController();
  private wake: (() => void) | undefined;

  constructor(client: RegistryClient) {
    this.client = client;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get over(): boolean {
    return this.abort.signal.aborted;
  }

  /** There may be something to send. */
  stir(): void {
    this.wake?.();
    this.wake = undefined;
  }

  stirred(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  end(): void {
    this.timer?.clear();
    this.answerTimer?.clear();
    this.abort.abort();
    this.stir();
  }
}

/**
 * Keeps a node registered with one registry: announces it, and anew when it has changed or the stream broke, and says
 * at the interval that the registry grants how the node is.
 */
export class Registration implements RegistryStream {
  private readonly link: RegistryLink;
  private readonly host: ResolverHost;
  private readonly endpoint: string;
  private readonly random: () => number;
  private latest: Announcement | undefined;
  /** The version that the registry has answered last, over the stream that runs. */
  private confirmed = -1;
  private waiters: Waiter[] = [];
  /** Why the registry can't be told anything at present. */
  private trouble: HeliographError | undefined;
  private run: Run | undefined;
  private leaving: Promise<void> | undefined;
  private left: (() => void) | undefined;

  constructor(link: RegistryLink, host: ResolverHost, endpoint: string, random: () => number) {
    this.link = link;
    this.host = host;
    this.endpoint = endpoint;
    this.random = random;
  }

  /** Resolves when the registry has told its watchers; rejects when it can't be reached at present, and goes on trying. */
  announce(announcement: Announcement): Promise<void> {
    if (this.latest === undefined || announcement.version >= this.latest.version) this.latest = announcement;
    this.leaving = undefined;
    this.link.add(this);
    if (this.run !== undefined) this.stir(this.run);
    const hurried = this.link.hurry(this);
    if (this.trouble !== undefined && !hurried) return Promise.reject(this.trouble);
    return new Promise((resolve, reject) => {
      this.waiters.push({ version: announcement.version, resolve, reject });
      this.confirm();
    });
  }

  /** Never rejects; ends soon. */
  withdraw(): Promise<void> {
    this.leaving ??= this.leave();
    return this.leaving;
  }

  close(): void {
    this.latest = undefined;
    this.run?.end();
    this.run = undefined;
    this.left?.();
    this.fail(new HeliographError(Code.Cancelled, "the node was closed", { reason: "CONNECTION_CLOSED" }));
  }

  begin(client: RegistryClient): void {
    this.run?.end();
    this.confirmed = -1;
    const run = new Run(client);
    this.run = run;
    this.stir(run);
    void this.follow(run);
  }

  lost(error: HeliographError): void {
    this.trouble = error;
    this.fail(error);
  }

  /** There is something new to announce. */
  private stir(run: Run): void {
    if (this.confirmed === this.latest?.version) return;
    if (run.answerTimer === undefined) this.awaitAnswer(run, ANSWER_MS);
    run.stir();
  }

  private awaitAnswer(run: Run, ms: number): void {
    const { clock } = this.host;
    const due = clock.now() + ms;
    run.answerTimer = clock.after(ms, () => {
      const lateMs = clock.now() - due;
      // The answer may lie there, and could not be read.
      if (lateMs > LATE_MS) this.awaitAnswer(run, Math.min(lateMs, ANSWER_MS));
      else this.link.late(this, run.client, this.noAnswer());
    });
  }

  private async follow(run: Run): Promise<void> {
    let failure: HeliographError | undefined;
    try {
      for await (const response of run.client.register(this.requests(run), { signal: run.signal })) {
        if (run.over) return;
        this.answered(run, response);
      }
    } catch (error) {
      failure = HeliographError.from(error);
    }
    if (run.over) return;
    run.end();
    this.run = undefined;
    this.left?.();
    const error = failure ?? this.ended();
    // Of a loss that goes on the link does not tell again.
    if (this.trouble !== undefined) this.fail(error);
    if (this.latest !== undefined) this.link.failed(this, run.client, error);
  }

  private async *requests(run: Run): AsyncGenerator<RegisterRequest> {
    while (!run.over) {
      const { latest } = this;
      if (latest === undefined) return;
      if (latest.version !== run.sent) {
        run.sent = latest.version;
        yield { said: { $case: "announcement", value: announcementMessage(latest) } };
      } else if (run.heartbeatDue) {
        run.heartbeatDue = false;
        yield { said: { $case: "heartbeat", value: loadMessage(this.host.load()) } };
      } else await run.stirred();
    }
  }

  private answered(run: Run, { version, heartbeatMs }: RegisterResponse): void {
    this.trouble = undefined;
    this.confirmed = Math.max(this.confirmed, Math.min(Number(version), run.sent));
    if (this.confirmed === this.latest?.version) {
      run.answerTimer?.clear();
      run.answerTimer = undefined;
    }
    const granted = readHeartbeat(heartbeatMs);
    if (run.nextAt === undefined || granted !== this.link.intervalMs) {
      this.link.intervalMs = granted;
      this.schedule(run, this.firstAt(granted));
    }
    this.link.answered(this, run.client);
    this.confirm();
  }

  /** Nodes that registered at the same moment spread their heartbeats, over moments that are the same for all. */
  private firstAt(intervalMs: number): number {
    const { clock } = this.host;
    const inMs = this.random() * intervalMs;
    const apartMs = intervalMs / MOMENTS;
    return clock.now() + inMs + apartMs - ((clock.wallUs() / 1_000 + inMs) % apartMs);
  }

  private schedule(run: Run, at: number): void {
    const { clock } = this.host;
    run.nextAt = at;
    run.timer?.clear();
    run.timer = clock.after(Math.max(0, at - clock.now()), () => {
      run.heartbeatDue = true;
      run.stir();
      // What was missed, because the loop was blocked, is not made up for; and timers may fire a little early.
      const { intervalMs } = this.link;
      const missed = Math.max(0, Math.floor((clock.now() - at) / intervalMs));
      this.schedule(run, at + (missed + 1) * intervalMs);
    });
  }

  private async leave(): Promise<void> {
    this.latest = undefined;
    this.fail(new HeliographError(Code.Cancelled, "the node is leaving", { reason: "CONNECTION_CLOSED" }));
    const { run } = this;
    if (run !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = this.host.clock.after(LEAVE_MS, resolve);
        this.left = () => {
          timer.clear();
          resolve();
        };
        run.stir();
      });
      this.left = undefined;
    }
    if (this.latest !== undefined) return;
    this.run?.end();
    this.run = undefined;
    this.link.remove(this);
  }

  private confirm(): void {
    const confirmed = this.run === undefined ? -1 : this.confirmed;
    const seen = this.waiters.filter(({ version }) => version <= confirmed);
    this.waiters = this.waiters.filter(({ version }) => version > confirmed);
    for (const waiter of seen) waiter.resolve();
  }

  private fail(error: HeliographError): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(error);
  }

  private noAnswer(): HeliographError {
    return new HeliographError(
      Code.DeadlineExceeded,
      `the registry at ${this.endpoint} has not answered the announcement for ${ANSWER_MS} ms: it is overloaded, or hangs; its answer still counts when it comes`,
      { reason: "CALL_TIMED_OUT" },
    );
  }

  private ended(): HeliographError {
    return new HeliographError(
      Code.Aborted,
      `the registry at ${this.endpoint} has ended the registration of this node`,
      { reason: "CONNECTION_LOST" },
    );
  }
}

/** As often as the registry wants, within reason. */
function readHeartbeat(ms: number): number {
  return ms === 0 ? HEARTBEAT_MS : Math.min(Math.max(ms, LEAST_HEARTBEAT_MS), MOST_HEARTBEAT_MS);
}

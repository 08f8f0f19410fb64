import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { Liveness, type LivenessState } from "../../core/liveness.js";
import { RoundTrip } from "../../core/round-trip.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { ClientSession } from "./client-session.js";

// In intervals, all of them a little below the quarters at which links are looked at, as timers may fire early.

/** How soon a server that owes an answer and says nothing is pinged. */
const PING_AFTER = 0.2;
/** How long it may leave a ping unanswered before others are asked rather than it. */
const QUIET_AFTER = 0.45;
/** The least between pings that are not answered. */
const PING_EVERY = 0.95;
/** The least between probes: all clients of a server that hangs probe it at the same time. */
const PROBE_EVERY = 0.45;

/**
 * What the channels make of a server: it is called; only when no other is there; calls may wait for it, since its own word
 * is awaited; or it is left alone.
 */
export type Standing = "trusted" | "quiet" | "asked" | "mistrusted";

/** What a link watch is made with. */
export interface LinkWatchParts {
  readonly clock: Clock;
  readonly sockets: SocketFactory;
  /** How often a server that owes something has to say something. */
  readonly intervalMs: number;
}

/**
 * Watches over one server from its client's side, in addition to what a registry may say: a server that owes answers, or
 * is in doubt, has to say something in each interval. One that is idle owes nothing. Where the link is so slow that the
 * answer to a PING takes longer than an interval, or than a quiet server has, it gets the time that the link takes.
 */
export class LinkWatch {
  private readonly parts: LinkWatchParts;
  private readonly onWord: () => void;
  private session: ClientSession | undefined;
  private liveness: Liveness;
  private received = 0;
  private roundTrip = new RoundTrip(0);
  /** When each PING was sent that is not answered yet, by its sequence. */
  private readonly pings = new Map<number, number>();
  private sequence = 0;
  private pingedAt = Number.NEGATIVE_INFINITY;
  /** When it was pinged first since it has said something; undefined if it was not. */
  private askedAt: number | undefined;
  private probedAt = Number.NEGATIVE_INFINITY;
  private probing = false;
  private doubted = false;
  private state: LivenessState = "alive";
  /** It owes an answer and has said nothing for a while: others are the better choice, as long as there are any. */
  quiet = false;

  /** @param onWord called when a server that was in doubt has said something, ahead of the next look */
  constructor(parts: LinkWatchParts, onWord: () => void) {
    this.parts = parts;
    this.onWord = onWord;
    this.liveness = new Liveness(parts.intervalMs, parts.clock.now());
  }

  /** Another session, or none. */
  follow(session: ClientSession | undefined): void {
    if (session === this.session) return;
    if (this.session !== undefined) {
      this.session.onPong = undefined;
      this.session.onMessage = undefined;
    }
    const now = this.parts.clock.now();
    this.session = session;
    this.received = session?.received ?? 0;
    this.liveness = new Liveness(this.parts.intervalMs, now);
    this.pings.clear();
    if (session !== undefined) {
      session.onPong = (sequence) => this.ponged(sequence);
      // To be welcomed takes several round trips: a loop that hangs later is no slow link.
      this.roundTrip = new RoundTrip(now - session.dialedAt);
      this.ping(session, now);
    }
    this.askedAt = undefined;
    this.doubted = false;
    this.state = "alive";
    this.quiet = false;
  }

  /** Somebody says that the server is not well: until it says something itself, it is not trusted. */
  doubt(): void {
    if (this.session === undefined) return;
    this.doubted = true;
    this.received = this.session.received;
    this.ping(this.session, this.parts.clock.now());
  }

  get standing(): Standing {
    if (this.state !== "alive") return "mistrusted";
    if (this.doubted) return "asked";
    return this.quiet ? "quiet" : "trusted";
  }

  /** Its session has ended, or there is none. */
  get over(): boolean {
    return this.session === undefined || this.session.endReason !== undefined;
  }

  /** Calls may be sent to it. */
  get trusted(): boolean {
    return !this.doubted && this.state === "alive";
  }

  /** The observer itself did not look for so long. */
  excuse(ms: number, now: number): void {
    this.liveness.excuse(ms, now);
    if (this.askedAt !== undefined) this.askedAt = Math.min(this.askedAt + ms, now);
  }

  /** Asked several times in an interval. Pings, probes, and ends a session whose server is dead. */
  look(now: number): void {
    const { session, liveness, parts } = this;
    if (session === undefined) return;
    const owes = session.inFlight > 0 || this.doubted || this.quiet;
    if (session.received !== this.received) {
      this.received = session.received;
      this.doubted = false;
      this.heard(now);
    } else if (!owes) this.heard(now);
    const silentMs = liveness.silentMs(now);
    const asked = this.askedAt !== undefined && now - this.pingedAt < this.graceMs * PING_EVERY;
    if (silentMs >= parts.intervalMs * PING_AFTER && !asked) this.ping(session, now);
    if (liveness.wantsProbe(now) && now - this.probedAt >= parts.intervalMs * PROBE_EVERY)
      this.probe(session, now);
    this.judge(session, now);
  }

  /** How often it can be expected to say something: in each interval, or as soon as an answer comes over the link. */
  private get graceMs(): number {
    return Math.max(this.parts.intervalMs, this.roundTrip.lateMs);
  }

  private ponged(sequence: number): void {
    const now = this.parts.clock.now();
    const sentAt = this.pings.get(sequence);
    if (sentAt !== undefined) {
      this.pings.delete(sequence);
      this.roundTrip.took(now - sentAt);
      this.liveness.setInterval(this.graceMs);
    }
    // Whoever waits for its word is not kept waiting for the next look.
    if (!this.doubted) return;
    this.look(now);
    this.onWord();
  }

  /** Before what it says reaches anybody: who is answered may call again at once. */
  private readonly spoke = (): void => {
    const { session } = this;
    if (session === undefined) return;
    const now = this.parts.clock.now();
    this.heard(now);
    this.judge(session, now);
    this.onWord();
  };

  private heard(now: number): void {
    this.liveness.heard(now);
    this.askedAt = undefined;
  }

  private judge(session: ClientSession, now: number): void {
    const state = this.liveness.state(now);
    const silentMs = this.liveness.silentMs(now);
    const leftMs = this.askedAt === undefined ? 0 : now - this.askedAt;
    this.state = state;
    this.quiet =
      state !== "alive" || leftMs >= Math.max(this.parts.intervalMs * QUIET_AFTER, this.roundTrip.lateMs);
    session.trouble = this.quiet ? troubleOf(state, session.endpoint, silentMs) : undefined;
    session.onMessage = this.quiet ? this.spoke : undefined;
    if (state === "dead") void session.close(silent(session.endpoint, silentMs));
  }

  private ping(session: ClientSession, now: number): void {
    this.pingedAt = now;
    this.askedAt ??= now;
    this.pings.set(++this.sequence, now);
    session.ping(this.sequence);
  }

  private probe(session: ClientSession, now: number): void {
    if (this.probing) return;
    this.probedAt = now;
    const { sockets, clock, intervalMs } = this.parts;
    // Where links can't be probed, one that stands counts as one that answers.
    if (sockets.probe === undefined) {
      this.liveness.linkAnswered(now);
      return;
    }
    this.probing = true;
    const { liveness } = this;
    // The connection takes one round trip, the greeting another.
    const patienceMs = Math.max(intervalMs / 2, 2 * this.roundTrip.lateMs);
    void sockets.probe(session.endpoint, patienceMs).then((answered) => {
      this.probing = false;
      if (answered) liveness.linkAnswered(clock.now());
    });
  }
}

function troubleOf(state: LivenessState, endpoint: string, silentMs: number): string {
  const ms = Math.round(silentMs);
  if (state === "stalled")
    return `the server at ${endpoint} is stalled: its connection stands, and its event loop has answered nothing for ${ms} ms`;
  const all = state === "alive" ? "" : ", on all of its connections";
  return `the server at ${endpoint} has been silent for ${ms} ms${all}`;
}

function silent(endpoint: string, silentMs: number): HeliographError {
  const ms = Math.round(silentMs);
  return new HeliographError(
    Code.Unavailable,
    `the server at ${endpoint} has been silent for ${ms} ms: it is taken for dead`,
    { reason: "PEER_GONE" },
  );
}

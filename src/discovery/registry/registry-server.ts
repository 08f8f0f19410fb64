import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import type { HeliographError } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import type {
  Announcement as AnnouncementMessage,
  Instance,
  ListRequest,
  ListResponse,
  RegisterRequest,
  RegisterResponse,
  RegistryInfo,
  WatchRequest,
  WatchResponse,
} from "../../gen/heliograph/discovery/v1/registry.js";
import type { Announcement } from "../../naming/instance.js";
import type { Place } from "../../naming/reach.js";
import { drainingError } from "../../rpc/refusals.js";
import {
  announcementMessage,
  loadMessage,
  readAnnouncement,
  readableMs,
  readLoad,
  stateValue,
} from "../announcement-message.js";
import { registrationRefused } from "../registry-limits.js";
import { Registry, type WantedProbe } from "./registry.js";
import type { Answers } from "./registry-answers.js";
import type { RegisteredInstance } from "./registry-instance.js";
import { type Probe, RegistryProbes } from "./registry-probes.js";
import { RegisterAnswers, type RegisterAnswersHost } from "./registry-register-answers.js";
import { WatchAnswers, type WatchAnswersHost } from "./registry-watch-answers.js";
import type { RegistryWatcher, WatchUpdate } from "./registry-watcher.js";

/** Between looks, so that one finds many, and the lateness from which it counts as time not looked, in intervals. */
const LOOK_EVERY = 0.01;
const LATE = 0.25;
/** How long a probe may take, in intervals: it begins after 1.5 of silence, and what is silent is suspect after 2. */
const PROBE_WAIT = 0.5;

/** What a registry needs of the node that serves it. */
export interface RegistryServerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the node. */
  readonly instance: string;
  /** Where it runs: which endpoints can be probed from here. */
  readonly here: Place;
  /** Without it nothing is ever known to be stalled. */
  readonly probe?: Probe | undefined;
}

/** The thin shell around a registry: its timer, its probes, its streams. */
export class RegistryServer implements RegisterAnswersHost, WatchAnswersHost {
  readonly registry: Registry;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly instance: string;
  private readonly heartbeatMs: number;
  private readonly probes: RegistryProbes | undefined;
  private readonly streams = new Set<Answers<unknown>>();
  private readonly registered = new Map<RegisterAnswers, RegisteredInstance>();
  /** What watchers are told, made once for all of them. */
  private readonly messages = new WeakMap<Announcement, AnnouncementMessage>();
  private woken: WatchAnswers[] = [];
  /** Announcements that are answered once watchers have been told, by version. */
  private announced = new Map<RegisterAnswers, number>();
  private telling = false;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private lookedAt: number;
  private closed = false;

  constructor({ clock, logger, instance, here, probe }: RegistryServerParts, heartbeatMs: number) {
    this.clock = clock;
    this.logger = logger;
    this.instance = instance;
    this.heartbeatMs = heartbeatMs;
    this.probes = probe === undefined ? undefined : new RegistryProbes(probe, here);
    this.lookedAt = clock.now();
    this.registry = new Registry(newEpoch(clock), heartbeatMs, this.lookedAt);
    this.schedule();
  }

  register(requests: AsyncIterable<RegisterRequest>): RegisterAnswers {
    return this.open(() => new RegisterAnswers(this, requests));
  }

  watch({ service, epoch, revision }: WatchRequest): WatchAnswers {
    const until = { epoch: Number(epoch), revision: Number(revision) };
    return this.open(() => new WatchAnswers(this, (wake) => this.registry.watch(service, until, wake)));
  }

  list({ service }: ListRequest): ListResponse {
    if (this.closed) throw drainingError();
    const now = this.clock.now();
    const instances: Instance[] = [];
    for (const registered of this.registry.members(service)) instances.push(this.seen(registered, now));
    return { registry: this.info(this.registry), instances };
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.clear();
    this.probes?.close();
    for (const stream of [...this.streams]) stream.end(drainingError());
  }

  said(answers: RegisterAnswers, { said }: RegisterRequest): void {
    if (said?.$case === "announcement") {
      this.announce(answers, said.value);
      return;
    }
    const registered = this.registered.get(answers);
    if (registered === undefined) {
      throw registrationRefused(
        Code.InvalidArgument,
        "the first message of a stream must be an announcement",
      );
    }
    // What a newer node may say, and is not known here, is a sign of life, too.
    const load = said === undefined ? undefined : readLoad(said.value);
    const { state } = registered;
    this.registry.heartbeat(registered, answers, load, this.clock.now());
    if (state !== "alive") this.schedule();
  }

  left(answers: RegisterAnswers): void {
    const registered = this.registered.get(answers);
    this.forget(answers);
    if (registered !== undefined && !this.closed) this.registry.left(registered, answers);
  }

  broke(answers: RegisterAnswers): void {
    const registered = this.registered.get(answers);
    this.forget(answers);
    if (registered === undefined || this.closed) return;
    this.catchUp();
    this.registry.broke(registered, answers, this.clock.now());
    this.schedule();
  }

  answer(version: number): RegisterResponse {
    return { version: BigInt(version), heartbeatMs: this.heartbeatMs, registry: this.info(this.registry) };
  }

  wake(answers: WatchAnswers): void {
    this.woken.push(answers);
    this.tellLater();
  }

  update(update: WatchUpdate): WatchResponse {
    const now = this.clock.now();
    return {
      registry: this.info(update),
      snapshot: update.snapshot,
      changed: update.changed.map((registered) => this.seen(registered, now)),
      removed: [...update.removed],
    };
  }

  unwatch(answers: WatchAnswers, watcher: RegistryWatcher): void {
    this.streams.delete(answers);
    this.registry.unwatch(watcher);
  }

  private announce(answers: RegisterAnswers, message: AnnouncementMessage): void {
    try {
      const announcement = readAnnouncement(message);
      const own = this.registered.get(answers);
      if (own !== undefined && own.id !== announcement.instance) {
        throw registrationRefused(
          Code.InvalidArgument,
          `this stream is that of instance ${own.id}, and can't announce ${announcement.instance}`,
        );
      }
      const before = this.registry.get(announcement.instance)?.holder;
      const registered = this.registry.announce(announcement, answers, this.clock.now());
      this.registered.set(answers, registered);
      if (registered.announcement === announcement) this.messages.set(announcement, message);
      if (before instanceof RegisterAnswers && before !== answers) before.end(replaced(announcement));
    } catch (error) {
      this.logger.warn({ error, node: message.node }, "an announcement was refused");
      throw error;
    }
    this.announced.set(answers, Number(message.version));
    this.tellLater();
    this.schedule();
  }

  private open<A extends Answers<unknown>>(make: () => A): A {
    if (this.closed) throw drainingError();
    const answers = make();
    this.streams.add(answers);
    return answers;
  }

  private forget(answers: RegisterAnswers): void {
    this.streams.delete(answers);
    this.registered.delete(answers);
    this.announced.delete(answers);
  }

  /** Changes of one turn are told together when it ends; announcements are answered after that. */
  private tellLater(): void {
    if (this.telling) return;
    this.telling = true;
    setImmediate(() => this.tell());
  }

  private tell(): void {
    this.telling = false;
    const { woken, announced } = this;
    this.woken = [];
    this.announced = new Map();
    for (const answers of woken) answers.stir();
    for (const [answers, version] of announced) answers.told(version);
  }

  private schedule(): void {
    const at = Math.max(this.registry.nextLookAt, this.lookedAt + LOOK_EVERY * this.heartbeatMs);
    if (at >= this.timerAt || this.closed) return;
    this.timer?.clear();
    this.timerAt = at;
    this.timer = this.clock.after(Math.max(0, at - this.clock.now()), () => this.look());
  }

  /** What happens now may be the first that is noticed after the loop was blocked, ahead of the timer. */
  private catchUp(): void {
    if (this.clock.now() - this.timerAt >= LATE * this.heartbeatMs) this.look();
  }

  private look(): void {
    const now = this.clock.now();
    const lateMs = now - this.timerAt;
    this.timerAt = Number.POSITIVE_INFINITY;
    this.lookedAt = now;
    if (lateMs >= LATE * this.heartbeatMs) this.registry.excuse(lateMs, now);
    for (const wanted of this.registry.tick(now)) this.probe(wanted);
    this.schedule();
  }

  private probe(wanted: WantedProbe): void {
    const ended = (answered: boolean): void => {
      if (this.closed) return;
      this.catchUp();
      this.registry.probed(wanted.registered, answered, this.clock.now());
      this.schedule();
    };
    if (this.probes === undefined) ended(false);
    else this.probes.ask(wanted, PROBE_WAIT * this.heartbeatMs, ended);
  }

  private info({
    revision,
    complete,
  }: {
    readonly revision: number;
    readonly complete: boolean;
  }): RegistryInfo {
    return {
      instance: this.instance,
      epoch: BigInt(this.registry.epoch),
      revision: BigInt(revision),
      complete,
    };
  }

  private seen({ announcement, state, load, liveness }: RegisteredInstance, now: number): Instance {
    return {
      announcement: this.messages.get(announcement) ?? announcementMessage(announcement),
      state: stateValue(state),
      load: load === undefined ? undefined : loadMessage(load),
      heardMsAgo: readableMs(liveness.silentMs(now)),
    };
  }
}

function replaced({ node, instance }: Announcement): HeliographError {
  return registrationRefused(Code.Aborted, `${node} (${instance}) has registered on another stream`);
}

let latestEpoch = 0;

/** Revisions of two registries must not be taken for those of one, though both begin in the same microsecond. */
function newEpoch(clock: Clock): number {
  latestEpoch = Math.max(latestEpoch + 1, clock.wallUs());
  return latestEpoch;
}

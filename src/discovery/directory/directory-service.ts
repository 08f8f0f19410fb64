import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import type { Place } from "../../naming/reach.js";
import type { InstanceListener, InstanceSource } from "../../naming/resolver.js";
import { InstanceListeners } from "../instance-listeners.js";
import { DirectorySource } from "./directory-source.js";
import { mergeInstances } from "./merge-instances.js";

/** Once one source has answered, how long the others may take before what is known is told. */
const SETTLE_MS = 100;
/** How long a service is followed after the last who wanted to know. */
const LINGER_MS = 2_000;

/** A source, and how errors name it. */
export interface NamedSource {
  readonly name: string;
  readonly source: InstanceSource;
}

/** What following a service is made of. */
export interface DirectoryServiceParts {
  readonly sources: readonly NamedSource[];
  readonly here: Place;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Nobody wants to know any more. */
  ended(): void;
}

/** One source that is followed. */
interface Followed {
  readonly name: string;
  readonly view: DirectorySource;
  error: HeliographError | undefined;
}

/** Follows one service at all sources of a node, and tells what they know together. */
export class DirectoryService {
  private readonly parts: DirectoryServiceParts;
  private readonly followed: readonly Followed[];
  private readonly stops: readonly (() => void)[];
  private readonly listeners: InstanceListeners;
  private settled = false;
  /** Listeners have been told something. */
  private told = false;
  private settling: Timer | undefined;
  private lingering: Timer | undefined;
  private stopped = false;

  /** @param service empty for all instances */
  constructor(service: string, parts: DirectoryServiceParts) {
    this.parts = parts;
    this.listeners = new InstanceListeners(parts.logger);
    const followed = parts.sources.map(({ name, source }) => ({
      name,
      source,
      view: new DirectorySource(),
      error: undefined,
    }));
    this.followed = followed;
    this.stops = followed.map((each) => each.source.watch(service, this.listenerTo(each)));
    if (parts.sources.length === 0) this.listeners.failed(nobodyToAsk());
  }

  listen(listener: InstanceListener): () => void {
    this.lingering?.clear();
    const leave = this.listeners.add(listener);
    return () => {
      leave();
      if (this.stopped || this.listeners.size > 0) return;
      this.lingering?.clear();
      this.lingering = this.parts.clock.after(LINGER_MS, () => this.parts.ended());
    };
  }

  /** Ends it; nobody is told. */
  stop(): void {
    this.stopped = true;
    this.lingering?.clear();
    this.settling?.clear();
    for (const stop of this.stops) stop();
    this.listeners.close();
  }

  /** Ends it; whoever still listens is told why, at once. */
  close(error: HeliographError): void {
    this.listeners.end(error);
    this.stop();
  }

  private listenerTo(followed: Followed): InstanceListener {
    const { clock } = this.parts;
    return {
      update: (instances) => {
        followed.view.told(instances, clock.now());
        followed.error = undefined;
        this.changed();
      },
      failed: (error) => {
        followed.view.lost(clock.now());
        followed.error = error;
        this.changed();
      },
    };
  }

  private changed(): void {
    const { followed } = this;
    const lost = followed.flatMap(({ view }) => (view.lostAt === undefined ? [] : [view]));
    for (const { view } of followed) view.forget(lost);
    if (!this.settled && !this.settle()) return;
    const lostAll = followed.every(({ error }) => error !== undefined);
    // What was told before all were lost stays known, also where nobody has heard of it yet.
    if ((!lostAll || !this.told) && followed.some(({ view }) => view.answered)) {
      this.told = true;
      this.listeners.update(() => this.merged());
    }
    if (lostAll) this.listeners.failed(this.failure());
  }

  /** The first answer may be of a source that knows least: the others get a moment to add to it. */
  private settle(): boolean {
    if (this.followed.every(({ view, error }) => view.answered || error !== undefined)) {
      this.settling?.clear();
      this.settled = true;
    } else if (this.followed.some(({ view }) => view.answered)) {
      this.settling ??= this.parts.clock.after(SETTLE_MS, () => {
        this.settled = true;
        this.changed();
      });
    }
    return this.settled;
  }

  private merged() {
    return mergeInstances(
      this.followed.map(({ view }) => view),
      this.parts.here,
    );
  }

  private failure(): HeliographError {
    const errors = this.followed.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
    const [first] = errors;
    if (first === undefined) return nobodyToAsk();
    const why = errors.map(({ name, error }) => `${name}: ${error.rawMessage}`).join("; ");
    return new HeliographError(Code.Unavailable, `nobody can be asked who is there: ${why}`, {
      reason: "DISCOVERY_LOST",
      cause: first.error,
    });
  }
}

function nobodyToAsk(): HeliographError {
  return new HeliographError(
    Code.FailedPrecondition,
    "the node asks nobody who is there: `registries` is [], or HELIOGRAPH_REGISTRY is off, and it has no `resolvers`",
    { reason: "DISCOVERY_OFF" },
  );
}

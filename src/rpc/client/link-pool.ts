import type { Backoff } from "../../core/backoff.js";
import type { Clock, Timer } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import type { SocketFactory } from "../../socket/socket.js";
import type { Introduction } from "../../wire/handshake.js";
import type { Peer } from "../context.js";
import type { SessionShared } from "../session/session.js";
import type { ClientSession } from "./client-session.js";
import { Connection, type ConnectionUser } from "./connection.js";
import type { Link, LinkPool } from "./link.js";
import { LinkWatch, type Standing } from "./link-watch.js";
import type { SchemaCheck } from "./schema-check.js";

/** How often links are looked at, in parts of an interval. */
const LOOKS = 4;

/** What is told of links, for whoever wants to see what goes on. */
export interface LinkEvents {
  connected(endpoint: string, peer: Peer): void;
  disconnected(endpoint: string, peer: Peer | undefined, error: HeliographError): void;
  handshakeFailed(endpoint: string, error: HeliographError): void;
  /** An instance was lost, or could not be reached: what is known of it may be old. */
  unreachable(): void;
  /** An instance is trusted again, or no longer. */
  trustChanged(): void;
}

/** What the links of a node are made of. */
export interface LinkParts {
  readonly self: Introduction;
  readonly sockets: SocketFactory;
  readonly shared: SessionShared;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly connectTimeoutMs: number;
  readonly stallMs: number;
  /** How often a server that owes something has to say something, in milliseconds. */
  readonly intervalMs: number;
  readonly judge: SchemaCheck["judge"];
}

/** One link of a pool. */
class PooledLink implements Link, ConnectionUser {
  readonly key: string;
  readonly connection: Connection;
  readonly watch: LinkWatch;
  info: InstanceInfo;
  uses = 0;
  /** As the channels were told last. */
  standing: Standing = "trusted";
  /** Of sessions that take no more calls, as long as some are under way on them. */
  private readonly leaving = new Set<LinkWatch>();
  private readonly parts: LinkParts;
  private session: ClientSession | undefined;
  private failure: HeliographError | undefined;
  private readonly events: LinkEvents;

  constructor(key: string, info: InstanceInfo, parts: LinkParts, events: LinkEvents) {
    this.key = key;
    this.info = info;
    this.parts = parts;
    this.events = events;
    const { instance, epoch, endpoints } = info;
    const expect = instance === "" ? undefined : { instance, epoch };
    this.connection = new Connection({ ...parts, endpoints, expect });
    this.connection.announce(info.services);
    this.watch = new LinkWatch(parts, () => {
      if (this.tellsNews()) events.trustChanged();
    });
    // First, so that a new session is watched before any channel hears of it.
    this.connection.use(this);
  }

  /** @param excusedMs for so long this process stood still, and nobody could be heard */
  look(now: number, excusedMs: number): void {
    for (const watch of [this.watch, ...this.leaving]) {
      if (excusedMs > 0) watch.excuse(excusedMs, now);
      watch.look(now);
      if (watch.over) this.leaving.delete(watch);
    }
  }

  /** True when the channels have to be told, which is taken as done. */
  tellsNews(): boolean {
    const before = this.standing;
    this.standing = this.watch.standing;
    return this.standing !== before;
  }

  roomier(): void {}

  hurries(): boolean {
    return false;
  }

  wants(): boolean {
    return false;
  }

  changed(): void {
    const { session, failure, endpoint } = this.connection;
    const before = this.session;
    this.session = session;
    this.watch.follow(session);
    if (session !== before && before !== undefined) {
      if (before.endReason === undefined) this.watchOn(before);
      this.events.disconnected(before.endpoint, before.peer, endOf(before));
    }
    if (session !== before && session?.peer !== undefined)
      this.events.connected(session.endpoint, session.peer);
    const failed = failure !== undefined && failure !== this.failure;
    if (failed || (session === undefined && before !== undefined)) this.events.unreachable();
    if (failed && failure.reason === "HANDSHAKE_FAILED") this.events.handshakeFailed(endpoint, failure);
    this.failure = failure;
  }

  private watchOn(session: ClientSession): void {
    const watch = new LinkWatch(this.parts, () => {});
    watch.follow(session);
    this.leaving.add(watch);
  }
}

/** All links of a node: one connection for each instance that any of its channels leads to. */
export class Links implements LinkPool {
  private readonly parts: LinkParts;
  private readonly events: LinkEvents;
  private readonly links = new Map<string, PooledLink>();
  /** Those that no channel uses any more, and that have not ended yet. */
  private readonly retired = new Set<PooledLink>();
  private timer: Timer | undefined;
  private lookedAt = 0;

  constructor(parts: LinkParts, events: LinkEvents) {
    this.parts = parts;
    this.events = events;
  }

  take(info: InstanceInfo): Link {
    const key = linkKey(info);
    let link = this.links.get(key);
    if (link === undefined) {
      link = new PooledLink(key, info, this.parts, this.events);
      this.links.set(key, link);
      if (this.timer === undefined) this.schedule(this.parts.clock.now());
    } else this.update(link, info);
    link.uses++;
    return link;
  }

  update(link: Link, info: InstanceInfo): void {
    const own = this.links.get(link.key);
    if (own === undefined || own !== link) return;
    // Channels are told of it one after the other, and some of what was true before.
    if (info.version < own.info.version) return;
    const moved = own.info.endpoints.join(" ") !== info.endpoints.join(" ");
    own.info = info;
    own.connection.announce(info.services);
    if (moved && info.endpoints.length > 0) own.connection.moveTo(info.endpoints);
  }

  doubt(link: Link): void {
    const own = this.links.get(link.key);
    if (own === undefined || own !== link) return;
    own.watch.doubt();
    own.standing = own.watch.standing;
  }

  release(link: Link): void {
    const own = this.links.get(link.key);
    if (own === undefined || own !== link || --own.uses > 0) return;
    this.links.delete(own.key);
    this.retired.add(own);
    void own.connection.retire(goneError(own.info)).then(() => this.retired.delete(own));
  }

  /** Ends all connections, and the calls on them with CANCELLED. */
  async close(): Promise<void> {
    this.timer?.clear();
    const all = [...this.retired, ...this.links.values()];
    this.links.clear();
    await Promise.all(all.map(({ connection }) => connection.close()));
  }

  private schedule(now: number): void {
    this.lookedAt = now;
    this.timer = this.parts.clock.after(this.parts.intervalMs / LOOKS, () => this.look());
  }

  private look(): void {
    const now = this.parts.clock.now();
    const lateMs = now - this.lookedAt - this.parts.intervalMs / LOOKS;
    const excusedMs = lateMs > this.parts.intervalMs / LOOKS ? lateMs : 0;
    let changed = false;
    for (const link of this.retired) link.look(now, excusedMs);
    for (const link of this.links.values()) {
      link.look(now, excusedMs);
      if (link.tellsNews()) changed = true;
    }
    if (this.links.size + this.retired.size === 0) this.timer = undefined;
    else this.schedule(now);
    if (changed) this.events.trustChanged();
  }
}

/** Another life of an instance is another server. */
function linkKey(info: InstanceInfo): string {
  return `${info.epoch} ${instanceKey(info)}`;
}

function endOf({ endpoint, endReason, leaving }: ClientSession): HeliographError {
  if (endReason !== undefined) return endReason;
  if (leaving !== undefined) return leaving;
  return new HeliographError(Code.Unavailable, `the connection to ${endpoint} was lost`, {
    reason: "CONNECTION_LOST",
  });
}

function goneError({ node, instance, endpoints, state }: InstanceInfo): HeliographError {
  const who = instance === "" ? endpoints.join(", ") : `${node} (${instance})`;
  const why = state === "dead" ? ": it was taken for dead" : "";
  return new HeliographError(Code.Unavailable, `${who} is not there any more${why}`, {
    reason: "INSTANCE_GONE",
    notProcessed: true,
  });
}

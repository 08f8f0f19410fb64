import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import { boundAt } from "../../naming/reach.js";
import { ChannelMember } from "./channel-member.js";
import type { ChannelParts } from "./channel-parts.js";
import type { ClientCallSession } from "./client-call.js";
import type { Connection, ConnectionUser } from "./connection.js";

/** Of instances that have left: the oldest are forgotten. */
const MOST_LEFT = 1_000;

/** What came of an instance that a channel was told of. */
export interface PlacedMember {
  readonly member: ChannelMember;
  readonly isNew: boolean;
  /** It is new, or has announced something new. */
  readonly changed: boolean;
}

/** The instances that a channel has a link to. */
export class ChannelMembers {
  private readonly parts: ChannelParts;
  private readonly user: ConnectionUser;
  private readonly byKey = new Map<string, ChannelMember>();
  /** Instances that have said that they leave, and did. */
  private readonly left = new Set<string>();

  constructor(parts: ChannelParts, user: ConnectionUser) {
    this.parts = parts;
    this.user = user;
  }

  /** A new list. */
  all(): ChannelMember[] {
    return [...this.byKey.values()];
  }

  /** Takes a link to the instance, if there is none, or tells that there is more known of it. */
  place(info: InstanceInfo): PlacedMember {
    const key = instanceKey(info);
    const known = this.byKey.get(key);
    if (known !== undefined && known.info.epoch === info.epoch)
      return { member: known, isNew: false, changed: this.update(known, info) };
    if (known !== undefined) this.remove(known);
    const { links, service, everywhere } = this.parts;
    const link = links.take(info);
    const member = new ChannelMember(link, info, service, everywhere);
    this.byKey.set(key, member);
    this.left.delete(info.instance);
    link.connection.use(this.user);
    link.connection.channel(service);
    return { member, isNew: true, changed: true };
  }

  /** Lets go of those that are not among these, who are all that there are. */
  keep(there: ReadonlyMap<string, InstanceInfo>): void {
    const gone = [...this.byKey].filter(([key]) => !there.has(key));
    if (gone.length === 0) return;
    const taken = takenPlaces(there.values());
    for (const [, member] of gone) {
      if (hasLeft(member.info, taken)) this.remember(member.info.instance);
      this.remove(member);
    }
  }

  /** Lets go of it. */
  remove(member: ChannelMember): void {
    this.byKey.delete(instanceKey(member.info));
    member.endRest();
    member.link.connection.leave(this.user);
    this.parts.links.release(member.link);
  }

  /** Forgets all; their links are closed by who has them. */
  close(): void {
    for (const member of this.byKey.values()) member.endRest();
    this.byKey.clear();
  }

  /** By its identity, or by the address at which it answered last. */
  of(instance: string): ChannelMember | undefined {
    const named = this.byKey.get(instance);
    if (named !== undefined) return named;
    for (const member of this.byKey.values()) if (member.answeredAs(instance)) return member;
    return undefined;
  }

  at(connection: Connection): ChannelMember | undefined {
    for (const member of this.byKey.values()) if (member.link.connection === connection) return member;
    return undefined;
  }

  on(session: ClientCallSession): ChannelMember | undefined {
    for (const member of this.byKey.values()) if (member.link.connection.session === session) return member;
    return undefined;
  }

  /** Those that calls to an instance may go to; undefined for any. */
  wantedFor(instance: string | undefined): readonly ChannelMember[] {
    if (instance === undefined) return this.all();
    const member = this.of(instance);
    // Who is at an address shows when it answers.
    return member === undefined ? this.all().filter(({ isUnknown }) => isUnknown) : [member];
  }

  /** It has said that it leaves, and is gone; or another has taken its place. */
  hasLeft(instance: string): boolean {
    return this.left.has(instance);
  }

  /** True when it has announced something new. */
  private update(member: ChannelMember, info: InstanceInfo): boolean {
    const { links } = this.parts;
    const before = member.info;
    // It has said since what it is up to.
    if (info.version > before.version) member.endRest();
    member.info = info;
    links.update(member.link, info);
    // Of one that is well the word is taken; of another its own connection is asked.
    if (info.state !== "alive" && before.state !== info.state) links.doubt(member.link);
    return info.version !== before.version;
  }

  private remember(instance: string): void {
    this.left.delete(instance);
    this.left.add(instance);
    const [oldest] = this.left;
    if (this.left.size > MOST_LEFT && oldest !== undefined) this.left.delete(oldest);
  }
}

/** One that is merely lost may come back, and go on: one that has said that it leaves won't, nor one whose place is taken. */
function hasLeft(info: InstanceInfo, taken: ReadonlyMap<string, number>): boolean {
  if (info.instance === "") return false;
  if (info.condition === "draining") return true;
  return placesOf(info).some((place) => (taken.get(place) ?? info.epoch) > info.epoch);
}

/** Where instances listen, with the epoch of the newest there. */
function takenPlaces(infos: Iterable<InstanceInfo>): ReadonlyMap<string, number> {
  const taken = new Map<string, number>();
  for (const info of infos)
    for (const place of placesOf(info)) taken.set(place, Math.max(info.epoch, taken.get(place) ?? 0));
  return taken;
}

function placesOf(info: InstanceInfo): string[] {
  return info.endpoints.flatMap((endpoint) => boundAt(endpoint, info) ?? []);
}

import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import type { ChannelMember } from "./channel-member.js";
import type { ChannelParts } from "./channel-parts.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import type { Connection } from "./connection.js";
import { Picking } from "./picking.js";
import { ServiceChannel } from "./service-channel.js";

/** A client's way to all instances of one service: follows who they are, connects to each, and chooses for each call. */
export class Channel extends ServiceChannel {
  private readonly picking: Picking;
  /** Those that are eligible; a new array whenever they are others. */
  private candidates: readonly ChannelMember[] = [];
  /** One of the candidates has changed. */
  private stale = false;

  constructor(parts: ChannelParts) {
    super(parts);
    this.picking = new Picking(parts.picker, parts.pickerParts);
  }

  override close(): void {
    super.close();
    this.candidates = [];
  }

  /** What is dead is dialed for the calls that find nobody else, and no more. */
  override wants(connection: Connection): boolean {
    const member = this.members.at(connection);
    return (member !== undefined && member.info.state !== "dead") || super.wants(connection);
  }

  override settled(call: ClientCall): void {
    super.settled(call);
    this.picking.ended(call);
  }

  protected told(instances: readonly InstanceInfo[]): void {
    const there = new Map(instances.map((info) => [instanceKey(info), info]));
    for (const info of there.values()) this.place(info);
    this.members.keep(there);
    if (this.waiting.size > 0) this.tryDead();
  }

  protected get isAnyEligible(): boolean {
    return this.candidates.length > 0;
  }

  protected sessionNow(call: ClientCall): ClientSession | undefined {
    if (this.candidates.length === 0 || call.instance !== undefined) return undefined;
    return this.choose(call);
  }

  protected sessionFor(call: ClientCall): ClientSession | undefined {
    const { instance } = call;
    if (instance === undefined) return this.candidates.length === 0 ? undefined : this.choose(call);
    const member = this.members.of(instance);
    return member?.eligible ? this.roomOf(member, call) : undefined;
  }

  protected override vainWait(call: ClientCall): string {
    const { length } = this.candidates;
    if (call.instance !== undefined || length === 0 || !this.picking.choseNobody(call))
      return super.vainWait(call);
    return length === 1
      ? "the balancer did not choose the one instance"
      : `the balancer chose none of ${length} instances`;
  }

  protected override refresh(): void {
    if (this.isClosed) return;
    const next = this.eligible();
    const same =
      next.length === this.candidates.length && next.every((each, i) => each === this.candidates[i]);
    if (!same || this.stale) this.candidates = next;
    this.stale = false;
    super.refresh();
  }

  /** The instance that the picker chooses; when it has no room, any other that has some. */
  private choose(call: ClientCall): ClientSession | undefined {
    const { candidates } = this;
    const member = this.picking.choose(candidates, call);
    if (member === undefined) return undefined;
    const session = this.roomOf(member, call);
    if (session !== undefined) return session;
    for (const other of candidates) {
      const room = other === member ? undefined : this.roomOf(other, call);
      if (room !== undefined) return room;
    }
    return undefined;
  }

  private roomOf(member: ChannelMember, call: ClientCall): ClientSession | undefined {
    const session = this.sessionWithRoom(member, call);
    if (session !== undefined) this.picking.sends(call, member);
    return session;
  }

  /** Where there is nobody else: who says that they are dead may be wrong. */
  private tryDead(): void {
    const callable = this.members.all().filter((member) => member.callable);
    if (callable.every(({ info }) => info.state === "dead"))
      for (const { link } of callable) link.connection.connect();
  }

  private place(info: InstanceInfo): void {
    const { member, isNew, changed } = this.members.place(info);
    if (changed) this.stale = true;
    const { connection } = member.link;
    const useful = isNew ? info.state !== "dead" : connection.session === undefined && info.state === "alive";
    if (useful && member.callable) connection.connect();
  }

  /** Those that may be called; one that is quiet only when all are. */
  private eligible(): readonly ChannelMember[] {
    const eligible = this.members.all().filter((member) => member.eligible);
    const prompt = eligible.filter((member) => !member.link.watch.quiet);
    return prompt.length > 0 ? prompt : eligible;
  }
}

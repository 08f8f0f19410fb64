import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { HeliographError } from "../../core/error.js";
import type { Balancer, PickedCall, Picker } from "../../naming/balancer.js";
import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import type { InstanceListener } from "../../naming/resolver.js";
import { warn } from "../../socket/warn.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { Instance } from "../transport.js";
import { CallDispatcher, waitingBytesFor } from "./call-dispatcher.js";
import { connectionClosed } from "./call-maker.js";
import { ChannelMember } from "./channel-member.js";
import type { ChannelParts } from "./channel-parts.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import type { Connection, ConnectionUser } from "./connection.js";
import { type Absence, explainAbsence, noInstance, notAsked } from "./no-instance.js";
import { WaitingCalls } from "./waiting-calls.js";

/** How long an instance that has refused a call gets no other. */
const REST_MS = 1_000;

/** A client's way to all instances of one service: follows who they are, connects to each, and chooses for each call. */
export class Channel extends CallDispatcher implements InstanceListener, ConnectionUser {
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  protected readonly waiting: WaitingCalls;
  protected readonly waitingBytes: number;
  protected readonly connectTimeoutMs: number;
  /** A rolling restart refuses a call once or twice. */
  protected readonly mostRefusals = 8;
  protected readonly streamCredit: StreamCredit;
  protected readonly mostCredit: StreamCredit;
  private readonly parts: ChannelParts;
  private readonly members = new Map<string, ChannelMember>();
  /** Those that are eligible; a new array whenever they are others. */
  private candidates: readonly ChannelMember[] = [];
  /** One of the candidates has changed. */
  private stale = false;
  private readonly picked: { -readonly [K in keyof PickedCall]: PickedCall[K] };
  /** Of balancers that calls name themselves. */
  private readonly pickers = new WeakMap<Balancer, Picker>();
  private stopWatching: (() => void) | undefined;
  private watchingSince = 0;
  private resolved = false;
  /** Why the source can't be asked at present. */
  private failure: HeliographError | undefined;
  /** Of those who wait until it is known who there is. */
  private readonly resolutions = new Set<() => void>();
  private closed = false;

  constructor(parts: ChannelParts) {
    super();
    this.parts = parts;
    this.clock = parts.clock;
    this.deadlines = parts.deadlines;
    this.connectTimeoutMs = parts.connectTimeoutMs;
    this.streamCredit = parts.credit.first;
    this.mostCredit = parts.credit.most;
    this.waitingBytes = waitingBytesFor(parts.messageBytes);
    this.waiting = new WaitingCalls(this.waitingBytes, (call) => call.instance ?? call.options.balancer);
    this.picked = { path: "", request: undefined, metadata: undefined };
  }

  protected get isClosed(): boolean {
    return this.closed;
  }

  /**
   * Every instance that is not dead; waits for the first answer, at most as long as a call would.
   *
   * @throws HeliographError UNAVAILABLE, reason NO_INSTANCE, when nobody has said who there is
   */
  async instances(): Promise<readonly Instance[]> {
    if (this.closed) throw connectionClosed(this.parts.service.name);
    this.watch();
    if (!this.resolved && !this.unanswered) await this.resolution();
    if (this.closed) throw connectionClosed(this.parts.service.name);
    if (!this.resolved) throw noInstance(this.parts.service.name, this.absence(undefined, []));
    const living = [...this.members.values()].filter(
      ({ info }) => info.state !== "dead" && info.endpoints.length > 0,
    );
    return living.map(({ link: { connection }, info }) => ({
      endpoint: connection.endpoint,
      peer: connection.peer,
      transport: connection,
      info,
    }));
  }

  /** Ends all calls that wait; those under way end with the links, which are closed by who has them. */
  close(): void {
    this.closed = true;
    this.stopWatching?.();
    for (const call of this.waiting.all()) call.fail(connectionClosed(call.method.path));
    for (const member of this.members.values()) member.endRest();
    this.members.clear();
    this.candidates = [];
    this.tellResolved();
  }

  // What the source says.

  update(instances: readonly InstanceInfo[]): void {
    if (this.closed) return;
    this.failure = undefined;
    const keys = new Set<string>();
    for (const info of instances) {
      const key = instanceKey(info);
      keys.add(key);
      this.place(key, info);
    }
    for (const key of [...this.members.keys()]) if (!keys.has(key)) this.remove(key);
    this.resolved = true;
    if (this.parts.everywhere) for (const call of this.waiting.all()) this.connectFor(call);
    else if (this.waiting.size > 0) this.tryDead();
    this.tellResolved();
    this.refresh();
  }

  failed(error: HeliographError): void {
    this.failure = error;
    if (this.isFutile) for (const call of this.waiting.all()) call.fail(this.noInstance(call));
  }

  // What the connections say.

  roomier(): void {
    if (this.waiting.size > 0) this.sendWaiting();
  }

  changed(): void {
    this.refresh();
  }

  hurries(connection: Connection): boolean {
    const waits = (call: ClientCall) => this.wanted(call).some(({ link }) => link.connection === connection);
    return this.waiting.all().some((call) => call.patienceMs !== undefined && waits(call));
  }

  /** What is dead is dialed for the calls that find nobody else, and no more. */
  wants(connection: Connection): boolean {
    const members = [...this.members.values()].filter(({ link }) => link.connection === connection);
    if (members.some(({ info }) => info.state !== "dead")) return true;
    return this.waiting.all().some((call) => members.some((member) => this.wanted(call).includes(member)));
  }

  /** An instance is trusted again, or no longer. */
  trustChanged(): void {
    this.refresh();
  }

  // What calls ask for.

  override settled(call: ClientCall): void {
    super.settled(call);
    // Chosen for alone, it says nothing of the instance.
    if (call.sentTo === undefined || call.session === undefined) return;
    const ms = call.method.definition.kind === "unary" ? this.clock.now() - call.sentAt : undefined;
    try {
      this.pickerOf(call).ended?.(call.sentTo, call.outcome, ms);
    } catch (error) {
      warn(error);
    }
  }

  override again(call: ClientCall, error: HeliographError): boolean {
    if (error.code === Code.Unavailable) this.rest(call);
    return super.again(call, error);
  }

  protected sessionNow(call: ClientCall): ClientSession | undefined {
    if (this.candidates.length === 0 || call.instance !== undefined) return undefined;
    return this.choose(call);
  }

  protected sessionFor(call: ClientCall): ClientSession | undefined {
    const { instance } = call;
    if (instance === undefined) return this.candidates.length === 0 ? undefined : this.choose(call);
    const member = this.memberOf(instance);
    return member?.eligible ? this.roomOf(member, call, this.pickerOf(call)) : undefined;
  }

  protected isConnected({ instance }: ClientCall): boolean {
    if (instance === undefined) return this.candidates.length > 0;
    return this.memberOf(instance)?.eligible ?? false;
  }

  protected want(call: ClientCall): void {
    this.watch();
    this.connectFor(call);
    if (this.hopeless(call)) throw this.noInstance(call);
  }

  protected vainWait(call: ClientCall): string {
    if (this.isConnected(call)) return "too many other calls were in flight";
    return explainAbsence(this.absence(call.instance, this.wanted(call)));
  }

  protected noInstance(call: ClientCall): HeliographError {
    if (call.refusal !== undefined) return call.refusal;
    if (this.failure !== undefined && this.isFutile) return notAsked(call.method.path, this.failure);
    const bound = call.group?.identity?.instance;
    if (bound !== undefined && this.resolved && this.memberOf(bound) === undefined)
      return call.instanceGone();
    const wanted = this.wanted(call);
    const [unfit] = wanted.map((member) => member.unfit).filter((error) => error !== undefined);
    if (unfit !== undefined && wanted.every((member) => member.unfit !== undefined)) return unfit;
    return noInstance(call.method.path, this.absence(call.instance, wanted));
  }

  /** The instance that the picker chooses; when it has no room, any other that has some. */
  private choose(call: ClientCall): ClientSession | undefined {
    const { candidates, picked } = this;
    picked.path = call.method.path;
    picked.request = call.message;
    picked.metadata = call.metadata;
    const picker = this.pickerOf(call);
    const chosen = picker.pick(candidates, picked);
    picked.request = undefined;
    // Pickers are given members, and give one of them back.
    const member = chosen as ChannelMember | undefined;
    if (member === undefined) return undefined;
    const session = this.roomOf(member, call, picker);
    if (session !== undefined) return session;
    for (const other of candidates) {
      const room = other === member ? undefined : this.roomOf(other, call, picker);
      if (room !== undefined) return room;
    }
    return undefined;
  }

  private roomOf(member: ChannelMember, call: ClientCall, picker: Picker): ClientSession | undefined {
    const { session } = member.link.connection;
    if (session === undefined || !session.ready || !this.roomIn(session)) return undefined;
    if (call.request === undefined ? session.holdsMuch : !session.fits(call)) return undefined;
    if (picker.ended !== undefined) {
      call.sentTo = member;
      call.sentAt = this.clock.now();
    }
    return session;
  }

  private pickerOf({ options: { balancer } }: ClientCall): Picker {
    if (balancer === undefined) return this.parts.picker;
    let picker = this.pickers.get(balancer);
    if (picker === undefined) {
      picker = balancer.picker(this.parts.pickerParts);
      this.pickers.set(balancer, picker);
    }
    return picker;
  }

  private connectFor(call: ClientCall): void {
    for (const member of this.wanted(call)) if (member.callable) member.link.connection.connect();
  }

  /** Where there is nobody else: who says that they are dead may be wrong. */
  private tryDead(): void {
    const callable = [...this.members.values()].filter((member) => member.callable);
    if (callable.every(({ info }) => info.state === "dead"))
      for (const { link } of callable) link.connection.connect();
  }

  private watch(): void {
    if (this.stopWatching !== undefined || this.closed) return;
    const { everywhere, service } = this.parts;
    this.watchingSince = this.clock.now();
    this.stopWatching = this.parts.source.watch(everywhere ? "" : service.name, this);
  }

  private resolution(): Promise<void> {
    return new Promise((resolve) => {
      const told = () => {
        timer.clear();
        this.resolutions.delete(told);
        resolve();
      };
      const timer = this.clock.after(this.connectTimeoutMs, told);
      this.resolutions.add(told);
    });
  }

  private tellResolved(): void {
    for (const told of [...this.resolutions]) told();
  }

  /** Nobody has said who there is in the time that a call waits for it. */
  private get unanswered(): boolean {
    return this.failure !== undefined && this.clock.now() - this.watchingSince >= this.connectTimeoutMs;
  }

  private place(key: string, info: InstanceInfo): void {
    let member = this.members.get(key);
    if (member !== undefined && member.info.epoch !== info.epoch) {
      this.remove(key);
      member = undefined;
    }
    if (member === undefined) {
      const link = this.parts.links.take(info);
      const { service, everywhere } = this.parts;
      member = new ChannelMember(link, info, service, everywhere);
      this.members.set(key, member);
      link.connection.use(this);
      link.connection.channel(service);
      if (member.callable && info.state !== "dead" && !everywhere) link.connection.connect();
      return;
    }
    if (info.version !== member.info.version) this.stale = true;
    // It has said since what it is up to.
    if (info.version > member.info.version) member.endRest();
    const worse = info.state !== "alive" && member.info.state !== info.state;
    member.info = info;
    this.parts.links.update(member.link, info);
    // Of one that is well the word is taken; of another its own connection is asked.
    if (worse) this.parts.links.doubt(member.link);
    const { session } = member.link.connection;
    if (member.callable && session === undefined && info.state === "alive" && !this.parts.everywhere)
      member.link.connection.connect();
  }

  private remove(key: string): void {
    const member = this.members.get(key);
    if (member === undefined) return;
    this.members.delete(key);
    member.endRest();
    member.link.connection.leave(this);
    this.parts.links.release(member.link);
  }

  /** The instance that has just refused a call gets no other for a while. */
  private rest(call: ClientCall): void {
    for (const member of this.candidates) {
      if (member.link.connection.session !== call.session) continue;
      member.resting?.clear();
      member.resting = this.clock.after(REST_MS, () => {
        member.resting = undefined;
        this.refresh();
      });
      this.refresh();
      return;
    }
  }

  /** Who can be called may have changed: sends what waits for it, and ends what waits in vain. */
  private refresh(): void {
    if (this.closed) return;
    const next = this.eligible();
    const same =
      next.length === this.candidates.length && next.every((each, i) => each === this.candidates[i]);
    if (!same || this.stale) this.candidates = next;
    this.stale = false;
    if (this.waiting.size === 0) return;
    this.sendWaiting();
    for (const call of this.waiting.all()) {
      if (this.hopeless(call)) call.fail(this.noInstance(call));
    }
  }

  /** Those that may be called; one that is quiet only when all are. */
  private eligible(): readonly ChannelMember[] {
    const eligible = [...this.members.values()].filter((member) => member.eligible);
    const prompt = eligible.filter((member) => !member.link.watch.quiet);
    return prompt.length > 0 ? prompt : eligible;
  }

  /** Nothing is under way that would bring the call a server. */
  private hopeless(call: ClientCall): boolean {
    if (this.isFutile) return true;
    if (call.waitForReady || call.patienceMs !== undefined || this.isConnected(call)) return false;
    if (!this.resolved) return this.unanswered;
    return !this.wanted(call).some((member) => member.underWay);
  }

  /** There is nobody to ask, now or later. */
  private get isFutile(): boolean {
    return !this.resolved && this.failure?.code === Code.FailedPrecondition;
  }

  private wanted({ instance }: ClientCall): readonly ChannelMember[] {
    const all = [...this.members.values()];
    if (instance === undefined) return all;
    const member = this.memberOf(instance);
    // Who is at an address shows when it answers.
    return member === undefined ? all.filter(({ isUnknown }) => isUnknown) : [member];
  }

  private memberOf(instance: string): ChannelMember | undefined {
    const named = this.members.get(instance);
    if (named !== undefined) return named;
    for (const member of this.members.values()) if (member.answeredAs(instance)) return member;
    return undefined;
  }

  private absence(instance: string | undefined, members: readonly ChannelMember[]): Absence {
    const { resolved, failure, connectTimeoutMs: waitedMs } = this;
    return { service: this.parts.service.name, instance, resolved, failure, waitedMs, members };
  }
}

import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { HeliographError } from "../../core/error.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { Instance } from "../transport.js";
import { CallDispatcher, waitingBytesFor } from "./call-dispatcher.js";
import { connectionClosed } from "./call-maker.js";
import type { ChannelMember } from "./channel-member.js";
import { ChannelMembers } from "./channel-members.js";
import type { ChannelParts } from "./channel-parts.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import type { Connection, ConnectionUser } from "./connection.js";
import { ofCall } from "./no-instance.js";
import { Outlook } from "./outlook.js";
import { SourceWatch } from "./source-watch.js";
import { WaitingCalls } from "./waiting-calls.js";

/** How long an instance that has refused a call gets no other. */
const REST_MS = 1_000;

/** What all channels have in common: who there is, links to them, and what becomes of calls that find nobody. */
export abstract class ServiceChannel extends CallDispatcher implements ConnectionUser {
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  protected readonly waiting: WaitingCalls;
  protected readonly waitingBytes: number;
  protected readonly connectTimeoutMs: number;
  /** A rolling restart refuses a call once or twice. */
  protected readonly mostRefusals = 8;
  protected readonly streamCredit: StreamCredit;
  protected readonly mostCredit: StreamCredit;
  protected readonly parts: ChannelParts;
  protected readonly watch: SourceWatch;
  protected readonly members: ChannelMembers;
  private closed = false;

  constructor(parts: ChannelParts) {
    super();
    const { source, service, everywhere, clock } = parts;
    this.parts = parts;
    this.clock = clock;
    this.deadlines = parts.deadlines;
    this.connectTimeoutMs = parts.connectTimeoutMs;
    this.streamCredit = parts.credit.first;
    this.mostCredit = parts.credit.most;
    this.waitingBytes = waitingBytesFor(parts.messageBytes);
    this.waiting = new WaitingCalls(this.waitingBytes, (call) => call.instance ?? call.options.balancer);
    this.members = new ChannelMembers(parts, this);
    this.watch = new SourceWatch({
      source,
      service: everywhere ? "" : service.name,
      clock,
      patienceMs: parts.connectTimeoutMs,
      told: (instances) => {
        this.told(instances);
        this.refresh();
      },
      failed: () => {
        if (this.watch.isFutile) for (const call of this.waiting.all()) call.fail(this.noInstance(call));
      },
    });
  }

  /**
   * Every instance that is not dead; waits for the first answer, at most as long as a call would.
   *
   * @throws HeliographError UNAVAILABLE, reason NO_INSTANCE, when nobody has said who there is
   */
  async instances(): Promise<readonly Instance[]> {
    const { name } = this.parts.service;
    if (this.closed) throw connectionClosed(name);
    this.watch.begin();
    await this.watch.resolution();
    if (this.closed) throw connectionClosed(name);
    if (!this.watch.resolved) throw this.outlook(undefined).error(name);
    const living = this.members
      .all()
      .filter(({ info }) => info.state !== "dead" && info.endpoints.length > 0);
    return living.map(({ link: { connection }, info }) => ({
      endpoint: connection.endpoint,
      // Who may not have answered yet.
      get peer() {
        return connection.peer;
      },
      transport: connection,
      info,
    }));
  }

  /** Ends all calls that wait; those under way end with the links, which are closed by who has them. */
  close(): void {
    this.closed = true;
    for (const call of this.waiting.all()) call.fail(connectionClosed(call.method.path));
    this.members.close();
    this.watch.end();
  }

  // What the connections say.

  roomier(): void {
    if (this.waiting.size > 0) this.sendWaiting();
  }

  changed(): void {
    this.refresh();
  }

  /** An instance is trusted again, or no longer. */
  trustChanged(): void {
    this.refresh();
  }

  hurries(connection: Connection): boolean {
    return this.isWaitedFor(connection, (call) => call.patienceMs !== undefined);
  }

  wants(connection: Connection): boolean {
    return this.isWaitedFor(connection, () => true);
  }

  // What calls ask for.

  override again(call: ClientCall, error: HeliographError): boolean {
    if (error.code === Code.Unavailable) this.rest(call);
    return super.again(call, error);
  }

  protected get isClosed(): boolean {
    return this.closed;
  }

  /** The source has said who there is. */
  protected abstract told(instances: readonly InstanceInfo[]): void;
  /** Whether calls may go to any instance, of those that name none. */
  protected abstract get isAnyEligible(): boolean;

  protected isConnected({ instance }: ClientCall): boolean {
    if (instance === undefined) return this.isAnyEligible;
    return this.members.of(instance)?.eligible ?? false;
  }

  protected want(call: ClientCall): void {
    this.watch.begin();
    this.connectFor(call);
    const outlook = this.outlook(call.instance);
    if (this.isHopeless(call, outlook)) throw this.errorOf(call, outlook);
  }

  protected vainWait(call: ClientCall): string {
    if (this.isConnected(call)) return "too many other calls were in flight";
    return this.outlook(call.instance).why;
  }

  protected noInstance(call: ClientCall): HeliographError {
    return this.errorOf(call, this.outlook(call.instance));
  }

  protected connectFor(call: ClientCall): void {
    for (const member of this.members.wantedFor(call.instance))
      if (member.callable) member.link.connection.connect();
  }

  /** Who can be called may have changed: sends what waits for it, and ends what waits in vain. */
  protected refresh(): void {
    if (this.closed || this.waiting.size === 0) return;
    this.sendWaiting();
    const outlooks = new Map<string | undefined, Outlook>();
    for (const call of this.waiting.all()) {
      const { instance } = call;
      let outlook = outlooks.get(instance);
      if (outlook === undefined) {
        outlook = this.outlook(instance);
        outlooks.set(instance, outlook);
      }
      if (this.isHopeless(call, outlook)) call.fail(this.errorOf(call, outlook));
    }
  }

  protected sessionWithRoom(
    { link: { connection } }: ChannelMember,
    call: ClientCall,
  ): ClientSession | undefined {
    const { session } = connection;
    if (session === undefined || !session.ready || !this.roomIn(session)) return undefined;
    if (call.request === undefined ? session.holdsMuch : !session.fits(call)) return undefined;
    return session;
  }

  /** The instance that has just refused a call gets no other for a while. */
  private rest({ session }: ClientCall): void {
    const member = session === undefined ? undefined : this.members.on(session);
    if (member === undefined) return;
    member.resting?.clear();
    member.resting = this.clock.after(REST_MS, () => {
      member.resting = undefined;
      this.refresh();
    });
    this.refresh();
  }

  /** Nothing is under way that would bring the call a server. */
  private isHopeless(call: ClientCall, outlook: Outlook): boolean {
    const { resolved, isFutile, unanswered } = this.watch;
    if (isFutile || this.isBoundToGone(call)) return true;
    if (call.waitForReady || call.patienceMs !== undefined) return false;
    if (resolved ? outlook.isHopeful : !unanswered) return false;
    return !this.isConnected(call);
  }

  /** Only one server may have it, and that has left for good. */
  private isBoundToGone(call: ClientCall): boolean {
    const bound = call.group?.identity?.instance;
    return bound !== undefined && this.members.hasLeft(bound) && this.members.of(bound) === undefined;
  }

  private errorOf(call: ClientCall, outlook: Outlook): HeliographError {
    const { failure, isFutile, resolved } = this.watch;
    if (call.refusal !== undefined) return call.refusal;
    if (failure !== undefined && isFutile) return ofCall(call.method.path, failure);
    const bound = call.group?.identity?.instance;
    if (bound !== undefined && resolved && this.members.of(bound) === undefined) return call.instanceGone();
    return outlook.error(call.method.path);
  }

  private outlook(instance: string | undefined): Outlook {
    const { service, connectTimeoutMs: waitedMs } = this.parts;
    const { resolved, failure } = this.watch;
    const absence = { service: service.name, instance, resolved, failure, waitedMs };
    return new Outlook(absence, this.members.wantedFor(instance));
  }

  private isWaitedFor(connection: Connection, counts: (call: ClientCall) => boolean): boolean {
    const member = this.members.at(connection);
    if (member === undefined) return false;
    const asked = new Set<string | undefined>();
    for (const call of this.waiting.all()) {
      const { instance } = call;
      if (asked.has(instance) || !counts(call)) continue;
      if (this.members.wantedFor(instance).includes(member)) return true;
      asked.add(instance);
    }
    return false;
  }
}

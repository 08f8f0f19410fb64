import type { Timer } from "../../core/clock.js";
import { type HeliographError, invalidArgument } from "../../core/error.js";
import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import type { Instance } from "../transport.js";
import type { ClientCall } from "./client-call.js";
import type { ClientSession } from "./client-session.js";
import { ServiceChannel } from "./service-channel.js";

/** How long a link is kept after the last call that named its instance. */
const LINGER_MS = 10_000;

/** Instances that are needed for now: one that calls name, or all of them. */
interface Need {
  /** Calls that are not over. */
  calls: number;
  /** Set while there are none. */
  lingering: Timer | undefined;
}

/**
 * A client's way to a service that every instance has, and none announces. Calls name the instance that is meant: it is
 * looked up among all there are and connected to, and let go of a while after the last call. Between calls nobody is
 * followed.
 */
export class KitChannel extends ServiceChannel {
  /** All instances, while any is needed. */
  private known: ReadonlyMap<string, InstanceInfo> = new Map();
  /** By instance; under undefined, all. */
  private readonly needs = new Map<string | undefined, Need>();

  override async instances(): Promise<readonly Instance[]> {
    if (!this.isClosed) this.need(undefined);
    try {
      return await super.instances();
    } finally {
      this.free(undefined);
    }
  }

  override close(): void {
    super.close();
    for (const { lingering } of this.needs.values()) lingering?.clear();
    this.needs.clear();
    this.known = new Map();
  }

  override settled(call: ClientCall): void {
    super.settled(call);
    const { instance } = call.options;
    if (instance !== undefined) this.free(instance);
  }

  protected override begin(call: ClientCall, now: number): void {
    const { instance } = call.options;
    if (instance === undefined) {
      call.fail(namesNobody(call.method.path));
      return;
    }
    this.need(instance);
    super.begin(call, now);
  }

  protected told(instances: readonly InstanceInfo[]): void {
    this.known = new Map(instances.map((info) => [instanceKey(info), info]));
    this.members.keep(this.known);
    for (const { info } of this.members.all()) {
      const latest = this.known.get(instanceKey(info));
      if (latest !== undefined) this.members.place(latest);
    }
    for (const instance of this.needs.keys()) this.place(instance);
    for (const call of this.waiting.all()) this.connectFor(call);
  }

  protected get isAnyEligible(): boolean {
    return false;
  }

  protected sessionNow(): undefined {
    return undefined;
  }

  protected sessionFor(call: ClientCall): ClientSession | undefined {
    const { instance } = call;
    const member = instance === undefined ? undefined : this.members.of(instance);
    return member?.eligible ? this.sessionWithRoom(member, call) : undefined;
  }

  private need(instance: string | undefined): void {
    let need = this.needs.get(instance);
    if (need === undefined) {
      need = { calls: 0, lingering: undefined };
      this.needs.set(instance, need);
    }
    need.calls++;
    need.lingering?.clear();
    this.watch.begin();
    if (this.watch.resolved) this.place(instance);
  }

  private free(instance: string | undefined): void {
    const need = this.needs.get(instance);
    if (need === undefined || --need.calls > 0) return;
    const drop = () => {
      if (instance === undefined && this.isWaitedForElsewhere)
        need.lingering = this.clock.after(LINGER_MS, drop);
      else this.drop(instance);
    };
    need.lingering = this.clock.after(LINGER_MS, drop);
  }

  /** By calls to one of its `instances()`. */
  private get isWaitedForElsewhere(): boolean {
    return this.members.all().some(({ link }) => link.connection.isWaitedFor);
  }

  private drop(instance: string | undefined): void {
    this.needs.delete(instance);
    const needed = new Set([...this.needs.keys()].flatMap((each) => this.members.wantedFor(each)));
    for (const member of this.members.all()) if (!needed.has(member)) this.members.remove(member);
    if (this.needs.size > 0) return;
    this.watch.end();
    this.known = new Map();
  }

  /** Takes links to whom may be meant. */
  private place(instance: string | undefined): void {
    const named = instance === undefined ? undefined : this.known.get(instance);
    if (named !== undefined) this.members.place(named);
    else if (instance === undefined) for (const info of this.known.values()) this.members.place(info);
    else if (this.members.of(instance) === undefined)
      for (const info of this.known.values()) if (info.instance === "") this.members.place(info);
  }
}

function namesNobody(path: string): HeliographError {
  const service = path.slice(0, path.indexOf("/"));
  return invalidArgument(
    `${path}: every instance serves ${service}, so a call has to say which one is meant: pass { instance: info.instance } of one of listInstances(), or call through a connection to it`,
  );
}

import type { Timer } from "../../core/clock.js";
import { HeliographError } from "../../core/error.js";
import type { Candidate } from "../../naming/balancer.js";
import type { InstanceInfo } from "../../naming/instance.js";
import { whyUnreachable } from "../../naming/reach.js";
import type { UsedService } from "../transport.js";
import type { Link } from "./link.js";
import type { Withheld } from "./used-services.js";

/** One instance of a service, as a channel sees it. */
export class ChannelMember implements Candidate {
  readonly link: Link;
  info: InstanceInfo;
  /** Set while it rests, after it has refused a call. */
  resting: Timer | undefined;

  private readonly service: UsedService;
  private readonly everywhere: boolean;

  /** @param everywhere the service is served by every instance, also one that is paused or drains */
  constructor(link: Link, info: InstanceInfo, service: UsedService, everywhere: boolean) {
    this.link = link;
    this.info = info;
    this.service = service;
    this.everywhere = everywhere;
  }

  get pending(): number {
    return this.link.connection.pending;
  }

  /** Only an address is known, and nobody has answered there yet. */
  get isUnknown(): boolean {
    return this.info.instance === "" && this.link.connection.peer === undefined;
  }

  /** Only an address is known, and this instance was the last to answer there. */
  answeredAs(instance: string): boolean {
    return this.info.instance === "" && this.link.connection.peer?.instance === instance;
  }

  /** Calls may be sent to it now. */
  get eligible(): boolean {
    const { connection, watch } = this.link;
    return (
      connection.session !== undefined &&
      watch.trusted &&
      this.serves &&
      this.withheld === undefined &&
      this.resting === undefined
    );
  }

  /** Connecting to it would be of use. */
  get callable(): boolean {
    return this.serves && this.info.endpoints.length > 0 && this.unfit === undefined;
  }

  /** Why calls of this client can't be sent to it at all. */
  get unfit(): HeliographError | undefined {
    const { withheld } = this;
    return withheld instanceof HeliographError ? withheld : undefined;
  }

  private get withheld(): Withheld | undefined {
    return this.link.connection.withheld(this.service);
  }

  private get serves(): boolean {
    return this.everywhere || this.info.condition === "serving";
  }

  /** It may become eligible in a moment. */
  get underWay(): boolean {
    const { connection, watch } = this.link;
    return (
      this.callable && (connection.connecting || this.withheld !== undefined || watch.standing === "asked")
    );
  }

  /** Calls are sent to it again. */
  endRest(): void {
    this.resting?.clear();
    this.resting = undefined;
  }

  /** Why it isn't eligible, in few words. */
  get why(): string {
    const { connection } = this.link;
    const { session } = connection;
    const { unfit } = this;
    if (unfit !== undefined) return unfit.rawMessage;
    const unreachable = whyUnreachable(this.info);
    if (unreachable !== undefined) return unreachable;
    if (!this.serves) return this.info.condition;
    if (session?.trouble !== undefined) return this.troubled(session.trouble);
    if (session === undefined && connection.connecting) return "is being connected to";
    if (session === undefined && connection.failure !== undefined) return connection.failure.rawMessage;
    return this.resting === undefined ? this.info.state : "has just refused a call";
  }

  /** A registry may have noticed more of it, or earlier. */
  private troubled(trouble: string): string {
    const { state } = this.info;
    return state === "alive" ? trouble : `${trouble}; it is said to be ${state}`;
  }
}

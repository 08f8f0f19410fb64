import type { Timer } from "../../core/clock.js";
import type { HeliographError } from "../../core/error.js";
import type { Candidate } from "../../naming/balancer.js";
import type { InstanceInfo } from "../../naming/instance.js";
import { whyUnreachable } from "../../naming/reach.js";
import type { ClientSession } from "./client-session.js";
import type { Link } from "./link.js";

/** One instance of a service, as a channel sees it. */
export class ChannelMember implements Candidate {
  readonly link: Link;
  info: InstanceInfo;
  /** The session for which it was looked whether the instance can be called by this client at all. */
  judged: ClientSession | undefined;
  /** That is still being found out. */
  undecided = false;
  /** Why it can't. */
  unfit: HeliographError | undefined;
  /** Set while it rests, after it has refused a call. */
  resting: Timer | undefined;

  private readonly everywhere: boolean;

  /** @param everywhere what is called is served by every instance, also one that is paused or drains */
  constructor(link: Link, info: InstanceInfo, everywhere: boolean) {
    this.link = link;
    this.info = info;
    this.everywhere = everywhere;
  }

  get pending(): number {
    return this.link.connection.pending;
  }

  /** Calls may be sent to it now. */
  get eligible(): boolean {
    const { connection, watch } = this.link;
    return (
      connection.session !== undefined &&
      watch.trusted &&
      this.serves &&
      this.unfit === undefined &&
      !this.undecided &&
      this.resting === undefined
    );
  }

  /** Connecting to it would be of use. */
  get callable(): boolean {
    return this.serves && this.info.endpoints.length > 0 && this.unfit === undefined;
  }

  private get serves(): boolean {
    return this.everywhere || this.info.condition === "serving";
  }

  /** It may become eligible in a moment. */
  get underWay(): boolean {
    const { connection, watch } = this.link;
    return this.callable && (connection.connecting || this.undecided || watch.standing === "asked");
  }

  /** Why it isn't eligible, in few words. */
  get why(): string {
    const { connection } = this.link;
    const { session } = connection;
    if (this.unfit !== undefined) return this.unfit.rawMessage;
    const unreachable = whyUnreachable(this.info);
    if (unreachable !== undefined) return unreachable;
    if (!this.serves) return this.info.condition;
    if (session?.trouble !== undefined) return this.troubled(session.trouble);
    if (session === undefined) return connection.failure?.rawMessage ?? "is being connected to";
    return this.resting === undefined ? this.info.state : "has just refused a call";
  }

  /** A registry may have noticed more of it, or earlier. */
  private troubled(trouble: string): string {
    const { state } = this.info;
    return state === "alive" ? trouble : `${trouble}; it is said to be ${state}`;
  }
}

import type { Timer } from "../../core/clock.js";
import type { HeliographError } from "../../core/error.js";
import type { Candidate } from "../../naming/balancer.js";
import type { InstanceInfo } from "../../naming/instance.js";
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

  constructor(link: Link, info: InstanceInfo) {
    this.link = link;
    this.info = info;
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
      this.info.condition === "serving" &&
      this.unfit === undefined &&
      !this.undecided &&
      this.resting === undefined
    );
  }

  /** Connecting to it would be of use. */
  get callable(): boolean {
    return this.info.condition === "serving" && this.unfit === undefined;
  }

  /** It may become eligible in a moment. */
  get underWay(): boolean {
    return this.callable && (this.link.connection.connecting || this.undecided);
  }

  /** Why it isn't eligible, in few words. */
  get why(): string {
    const { connection } = this.link;
    const { session } = connection;
    if (this.unfit !== undefined) return this.unfit.rawMessage;
    if (this.info.condition !== "serving") return this.info.condition;
    if (session?.trouble !== undefined) return session.trouble;
    if (session === undefined) return connection.failure?.rawMessage ?? "is being connected to";
    return this.resting === undefined ? this.info.state : "has just refused a call";
  }
}

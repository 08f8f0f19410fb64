import type { InstanceInfo } from "../../naming/instance.js";
import type { Connection } from "./connection.js";
import type { LinkWatch } from "./link-watch.js";

/** A node's way to one instance, which the channels of all services share that the instance serves. */
export interface Link {
  readonly key: string;
  readonly connection: Connection;
  readonly watch: LinkWatch;
}

/** What the channels of a node share. */
export interface LinkPool {
  /** The link to this instance, made when there is none. */
  take(info: InstanceInfo): Link;
  /** More is known of the instance now. */
  update(link: Link, info: InstanceInfo): void;
  /** Somebody says that the instance is not well: it is not trusted until it says something itself. */
  doubt(link: Link): void;
  /** As often as `take`; the last time ends the link, once the calls under way have ended. */
  release(link: Link): void;
}

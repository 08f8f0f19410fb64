import type { KnownInstance, Listing } from "./known-instance.js";
import { isLiving } from "./left-out.js";
import { announces } from "./target.js";

/** The living instances that publish a topic. */
export function publishersOf({ instances }: Listing, topic: string): KnownInstance[] {
  return instances.filter((instance) => isLiving(instance) && announces(instance, topic));
}

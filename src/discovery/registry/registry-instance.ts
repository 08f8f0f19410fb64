import { Liveness } from "../../core/liveness.js";
import type { Announcement, InstanceState, Load } from "../../naming/instance.js";
import type { Due } from "./registry-queue.js";

/** One instance as a registry knows it. Only the registry writes to it. */
export class RegisteredInstance implements Due {
  announcement: Announcement;
  /** See `checkAnnouncement`. */
  weight: number;
  state: InstanceState = "alive";
  /** What it reported last. */
  load: Load | undefined;
  readonly liveness: Liveness;
  /** The stream over which it is heard; undefined once that broke, and when it is not registered any more. */
  holder: object | undefined;
  /** A probe is under way. */
  probing = false;
  /** Not before this time it is probed again. */
  probeAt = Number.NEGATIVE_INFINITY;
  dueAt = 0;
  place = -1;

  constructor(announcement: Announcement, weight: number, heartbeatMs: number, now: number) {
    this.announcement = announcement;
    this.weight = weight;
    this.liveness = new Liveness(heartbeatMs, now);
  }

  get id(): string {
    return this.announcement.instance;
  }
}

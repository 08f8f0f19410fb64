import type { Announcement } from "../naming/instance.js";

/** What an announcer makes known, where. */
export interface AnnouncerParts {
  /** What is true of the node now. */
  describe(): Omit<Announcement, "version">;
  /** Makes it known; resolves when others can see it. */
  announce(announcement: Announcement): Promise<void>;
  /** Takes the node away. Never rejects. */
  withdraw(): Promise<void>;
}

/** Keeps what others know of a node true: one announcement at a time, and none that is older than the one before. */
export class Announcer {
  private readonly parts: AnnouncerParts;
  private version = 0;
  private running: Promise<void> | undefined;
  /** What has changed since is announced after the one that is under way. */
  private following: Promise<void> | undefined;
  private over = false;

  constructor(parts: AnnouncerParts) {
    this.parts = parts;
  }

  /** The version that was announced last. */
  get latest(): number {
    return this.version;
  }

  /** Announces what is true now. Resolves when others can see it; rejects when nobody could be told. */
  announce(): Promise<void> {
    if (this.over) return Promise.resolve();
    if (this.running === undefined) {
      this.running = this.send().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.following ??= this.running
      .catch(() => {})
      .then(() => {
        this.following = undefined;
        return this.announce();
      });
    return this.following;
  }

  /** Takes the node away, for good. Never rejects. */
  async withdraw(): Promise<void> {
    if (this.over) return;
    this.over = true;
    if (this.version > 0) await this.parts.withdraw();
  }

  private send(): Promise<void> {
    this.version++;
    return this.parts.announce({ ...this.parts.describe(), version: this.version });
  }
}

/**
 * How much of what was sent the peer's loop has not yet read (docs/spec/wire.md, "The session window").
 * Both totals only grow; the peer's may never pass ours, so a larger one counts as equal.
 */
export class Window {
  private sentBytes = 0;
  private sentPackets = 0;
  private readBytes = 0;
  private readPackets = 0;
  limitBytes: number;
  limitPackets: number;

  constructor(limitBytes: number, limitPackets: number) {
    this.limitBytes = limitBytes;
    this.limitPackets = limitPackets;
  }

  get unreadBytes(): number {
    return this.sentBytes - this.readBytes;
  }

  get unreadPackets(): number {
    return this.sentPackets - this.readPackets;
  }

  /** One more packet may go: it may overdraw the bytes, once. */
  get open(): boolean {
    return this.unreadBytes < this.limitBytes && this.unreadPackets < this.limitPackets;
  }

  /** The same for chunks of large payloads, which leave half of the window to everything else. */
  get openForChunks(): boolean {
    return this.unreadBytes < this.limitBytes / 2 && this.unreadPackets < this.limitPackets / 2;
  }

  sent(bytes: number): void {
    this.sentBytes += bytes;
    this.sentPackets++;
  }

  /** The peer's running totals; true when they have grown. */
  read(bytes: number, packets: number): boolean {
    const nextBytes = Math.min(this.sentBytes, Math.max(this.readBytes, bytes));
    const nextPackets = Math.min(this.sentPackets, Math.max(this.readPackets, packets));
    const grown = nextBytes > this.readBytes || nextPackets > this.readPackets;
    this.readBytes = nextBytes;
    this.readPackets = nextPackets;
    return grown;
  }
}

import { randomBytes } from "node:crypto";
import type { CloseReason, DialerEvents, ListenerEvents } from "../../src/socket/socket.js";

/** Waits for conditions that become true when something happens. */
class Waiter {
  #waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ holds, resolve });
    });
  }

  check(): void {
    this.#waiting = this.#waiting.filter(({ holds, resolve }) => {
      const done = holds();
      if (done) resolve();
      return !done;
    });
  }
}

/** Records what a dialer tells. */
export class DialerProbe extends Waiter implements DialerEvents {
  readonly received: Buffer[][] = [];
  bytes = 0;
  openings = 0;
  readonly endings: { readonly reason: CloseReason; readonly cause: Error | undefined }[] = [];
  /** What was called after `closed`. */
  readonly late: string[] = [];
  onMessage: (parts: Buffer[]) => void = () => {};

  opened(): void {
    this.#note("opened");
    this.openings += 1;
    this.check();
  }

  message(parts: Buffer[], bytes: number): void {
    this.#note("message");
    this.received.push(parts);
    this.bytes += bytes;
    this.onMessage(parts);
    this.check();
  }

  closed(reason: CloseReason, cause?: Error): void {
    this.#note("closed");
    this.endings.push({ reason, cause });
    this.check();
  }

  get texts(): string[][] {
    return this.received.map((parts) => parts.map(String));
  }

  get reason(): CloseReason | undefined {
    return this.endings[0]?.reason;
  }

  untilOpened(): Promise<void> {
    return this.until(() => this.openings > 0);
  }

  untilClosed(): Promise<void> {
    return this.until(() => this.endings.length > 0);
  }

  untilReceived(count: number): Promise<void> {
    return this.until(() => this.received.length >= count);
  }

  #note(what: string): void {
    if (this.endings.length > 0) this.late.push(what);
  }
}

/** Records what a listener tells. */
export class ListenerProbe extends Waiter implements ListenerEvents {
  readonly received: { readonly routingId: Buffer; readonly parts: Buffer[] }[] = [];
  bytes = 0;
  /** Routing ids in hexadecimal. */
  readonly departed = new Set<string>();
  onMessage: (routingId: Buffer, parts: Buffer[]) => void = () => {};

  message(routingId: Buffer, parts: Buffer[], bytes: number): void {
    this.received.push({ routingId, parts });
    this.bytes += bytes;
    this.onMessage(routingId, parts);
    this.check();
  }

  left(routingId: Buffer): void {
    this.departed.add(routingId.toString("hex"));
    this.check();
  }

  get texts(): string[][] {
    return this.received.map(({ parts }) => parts.map(String));
  }

  untilReceived(count: number): Promise<void> {
    return this.until(() => this.received.length >= count);
  }

  untilLeft(routingId: Uint8Array): Promise<void> {
    return this.until(() => this.departed.has(Buffer.from(routingId).toString("hex")));
  }
}

/** A routing id as the contract wants it. */
export function newRoutingId(): Buffer {
  return randomBytes(16);
}

/** A message of texts. */
export function message(...texts: string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text));
}

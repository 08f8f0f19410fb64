import { announcementMessage, loadMessage } from "../../src/discovery/announcement-message.js";
import {
  type RegisterRequest,
  type RegisterResponse,
  State,
  type WatchRequest,
  type WatchResponse,
} from "../../src/gen/heliograph/discovery/v1/registry.js";
import type { RegistryService } from "../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import { type Client, HeliographError } from "../../src/index.js";
import type { Announcement } from "../../src/naming/instance.js";
import { announced } from "./announcements.js";

/** One Register stream, whose node says what a test wants it to. */
export class Registrant {
  readonly answers: RegisterResponse[] = [];
  /** Why the stream ended; "left" when it did so in order. */
  end: HeliographError | "left" | undefined;
  private readonly abort = new AbortController();
  private readonly queue: RegisterRequest[] = [];
  private leaving = false;
  private wake: (() => void) | undefined;

  constructor(client: Client<RegistryService>) {
    void this.run(client);
  }

  announce(instance: string, part: Partial<Announcement> = {}): void {
    this.say({ said: { $case: "announcement", value: announcementMessage(announced(instance, part)) } });
  }

  heartbeat(callsInFlight = 0): void {
    const load = { loopLagMs: 1, loopUtilization: 0.5, callsInFlight, memoryBytes: 1_000 };
    this.say({ said: { $case: "heartbeat", value: loadMessage(load) } });
  }

  say(request: RegisterRequest): void {
    this.queue.push(request);
    this.wake?.();
  }

  leave(): void {
    this.leaving = true;
    this.wake?.();
  }

  cancel(): void {
    this.abort.abort();
  }

  private async run(client: Client<RegistryService>): Promise<void> {
    try {
      for await (const answer of client.register(this.requests(), { signal: this.abort.signal }))
        this.answers.push(answer);
      this.end = "left";
    } catch (error) {
      this.end = HeliographError.from(error);
    }
  }

  private async *requests(): AsyncGenerator<RegisterRequest> {
    for (;;) {
      const request = this.queue.shift();
      if (request !== undefined) yield request;
      else if (this.leaving) return;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}

/** One Watch stream, and what it was told, in short: `snapshot`, `a alive`, `-a`, `complete` when it becomes so. */
export class Spectator {
  readonly responses: WatchResponse[] = [];
  readonly told: string[] = [];
  end: HeliographError | "ended" | undefined;
  private readonly abort = new AbortController();
  private complete = false;
  private reads: Promise<void> | undefined;
  private go: (() => void) | undefined;

  /** @param paused reads nothing before `read` */
  constructor(client: Client<RegistryService>, request: Partial<WatchRequest> = {}, paused = false) {
    if (paused) {
      this.reads = new Promise((resolve) => {
        this.go = resolve;
      });
    }
    void this.run(client, { service: "", epoch: 0n, revision: 0n, ...request });
  }

  read(): void {
    this.go?.();
  }

  /** What it was told since this was asked last. */
  news(): string[] {
    return this.told.splice(0);
  }

  stop(): void {
    this.abort.abort();
  }

  private async run(client: Client<RegistryService>, request: WatchRequest): Promise<void> {
    try {
      for await (const response of client.watch(request, { signal: this.abort.signal })) {
        this.responses.push(response);
        this.told.push(...inShort(response));
        if (response.registry?.complete === true && !this.complete) this.told.push("complete");
        this.complete = response.registry?.complete === true;
        await this.reads;
      }
      this.end = "ended";
    } catch (error) {
      this.end = HeliographError.from(error);
    }
  }
}

const STATES: Readonly<Record<number, string>> = {
  [State.STATE_ALIVE]: "alive",
  [State.STATE_STALLED]: "stalled",
  [State.STATE_SUSPECT]: "suspect",
  [State.STATE_DEAD]: "dead",
};

function inShort({ snapshot, changed, removed }: WatchResponse): string[] {
  return [
    ...(snapshot ? ["snapshot"] : []),
    ...changed.map(({ announcement, state }) => `${announcement?.instance} ${STATES[state]}`),
    ...removed.map((instance) => `-${instance}`),
  ];
}

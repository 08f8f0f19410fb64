import type { Timer } from "../../core/clock.js";
import type { Announcement } from "../../naming/instance.js";
import type { ResolverHost } from "../../naming/resolver.js";
import { goodbyeDatagram, presenceDatagrams } from "./beacon-datagram.js";
import type { BeaconSettings } from "./beacon-options.js";

/** Answers to queries wait up to so long, left to chance, so that not all nodes speak at once. */
export const ANSWER_MS = 100;
/** The share of an interval by which beats vary, so that nodes that began together drift apart. */
const JITTER = 0.1;

/** Says in every interval, and soon after a query, that a node is there. */
export class BeaconAnnouncer {
  readonly #settings: BeaconSettings;
  readonly #host: ResolverHost;
  readonly #send: (datagrams: readonly Buffer[]) => Promise<void>;
  #announcement: Announcement | undefined;
  #beat: Timer | undefined;
  #answer: Timer | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;

  /** @param send tells by itself who has to know when nothing can be sent */
  constructor(
    settings: BeaconSettings,
    host: ResolverHost,
    send: (datagrams: readonly Buffer[]) => Promise<void>,
  ) {
    this.#settings = settings;
    this.#host = host;
    this.#send = send;
  }

  /** Resolves when it was sent; rejects when that is not possible at present, and goes on trying. */
  async announce(announcement: Announcement): Promise<void> {
    const datagrams = this.#datagrams(announcement);
    this.#announcement = announcement;
    this.#beatLater();
    await this.#send(datagrams);
  }

  /** Never rejects. */
  async withdraw(): Promise<void> {
    const announcement = this.#announcement;
    this.stop();
    if (announcement === undefined) return;
    // Who does not hear it will miss the node soon.
    await this.#send([goodbyeDatagram(announcement, this.#settings.key)]).catch(() => undefined);
  }

  stop(): void {
    this.#announcement = undefined;
    this.#beat?.clear();
    this.#answer?.clear();
    this.#answer = undefined;
  }

  /** Somebody asks. However many do, there is one answer in 100 ms. */
  asked(): void {
    if (this.#announcement === undefined || this.#answer !== undefined) return;
    const { clock } = this.#host;
    const restMs = Math.max(0, this.#answeredAt + ANSWER_MS - clock.now());
    this.#answer = clock.after(restMs + ANSWER_MS * Math.random(), () => {
      this.#answer = undefined;
      this.#answeredAt = clock.now();
      this.#say();
    });
  }

  #beatLater(): void {
    const { intervalMs } = this.#settings;
    this.#beat?.clear();
    this.#beat = this.#host.clock.after(intervalMs * (1 - JITTER * Math.random()), () => {
      this.#beatLater();
      this.#say();
    });
  }

  #say(): void {
    if (this.#announcement === undefined) return;
    this.#send(this.#datagrams(this.#announcement)).catch(() => undefined);
  }

  #datagrams(announcement: Announcement): readonly Buffer[] {
    const { intervalMs, key } = this.#settings;
    return presenceDatagrams(announcement, intervalMs, this.#host.load(), key);
  }
}

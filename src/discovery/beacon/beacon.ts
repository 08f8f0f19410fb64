import type { Timer } from "../../core/clock.js";
import { HeliographError } from "../../core/error.js";
import type { Announcement } from "../../naming/instance.js";
import type { InstanceListener, OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { ANSWER_MS, BeaconAnnouncer } from "./beacon-announcer.js";
import { queryDatagram, readDatagram } from "./beacon-datagram.js";
import { type BeaconOptions, type BeaconSettings, beaconSettings } from "./beacon-options.js";
import { BeaconSockets } from "./beacon-sockets.js";
import { BeaconTable } from "./beacon-table.js";
import { BeaconWatches } from "./beacon-watches.js";

/** After a query, who is there has answered: those who delay the longest, and a little more. */
const FIRST_MS = 3 * ANSWER_MS;
/** What is heard within so long is told at once. */
const GATHER_MS = 20;
/** How often to look for network interfaces that have come or gone. */
const REFRESH_MS = 5_000;
/** A look that comes so late, as a share of an interval, says something of this process, not of others. */
const LATE = 0.25;

/**
 * Nodes of one local network find each other by UDP multicast, without a server and without an address.
 *
 * - A node says in every interval that it is there: one datagram of at most 1,200 bytes, or up to 32 if it has very many
 *   services. Among N nodes each receives N datagrams per interval. Who is new asks, and is answered within 100 ms.
 * - Who is silent for 2 intervals is `suspect`, for 3 `dead`, for 6 forgotten; who leaves, at once. `stalled` can't be
 *   told from that. At most 4,096 instances are remembered.
 * - **Insecure by nature**: everybody in the network can read what is announced, and without a `key` announce what they
 *   like. It says where to connect to; security decides whether that succeeds. Between machines it is of use only with
 *   endpoints that others reach: with `insecure({ remote: true })`, or better.
 * - IPv4 only. Many clouds and some wireless networks carry no multicast.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function beacon(options: BeaconOptions = {}): Resolver {
  const settings = beaconSettings(options);
  const name = `beacon ${settings.group}:${settings.port}`;
  return { name, open: (host) => new OpenBeacon(name, settings, host) };
}

class OpenBeacon implements OpenResolver {
  readonly #name: string;
  readonly #settings: BeaconSettings;
  readonly #host: ResolverHost;
  readonly #sockets: BeaconSockets;
  readonly #announcer: BeaconAnnouncer;
  readonly #table = new BeaconTable();
  readonly #watches = new BeaconWatches();
  readonly #opened: Promise<void>;
  #closed = false;
  /** Since when nothing can be sent or heard. */
  #lostAt: number | undefined;
  #failure: HeliographError | undefined;
  #refused = 0;
  #refusedNext = 1;
  #complete = false;
  #asked: Timer | undefined;
  #refresh: Timer | undefined;
  #gathering: Timer | undefined;
  #look: Timer | undefined;
  #lookAt = 0;
  #tellAt = 0;

  constructor(name: string, settings: BeaconSettings, host: ResolverHost) {
    this.#name = name;
    this.#settings = settings;
    this.#host = host;
    this.#sockets = new BeaconSockets(settings, (bytes) => this.#heard(bytes));
    this.#announcer = new BeaconAnnouncer(settings, host, (datagrams) => this.#send(datagrams));
    this.#opened = this.#open();
  }

  watch(service: string, listener: InstanceListener): () => void {
    const end = this.#watches.add(service, listener);
    if (this.#asked === undefined) this.#ask();
    else this.#tellSoon();
    return end;
  }

  announce(announcement: Announcement): Promise<void> {
    return this.#announcer.announce(announcement);
  }

  withdraw(): Promise<void> {
    return this.#announcer.withdraw();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watches.clear();
    this.#announcer.stop();
    for (const timer of [this.#asked, this.#refresh, this.#gathering, this.#look]) timer?.clear();
    await this.#opened;
    await this.#sockets.close();
  }

  async #open(): Promise<void> {
    await this.#reach(() => this.#sockets.refresh()).catch(() => undefined);
    this.#refreshLater();
  }

  #refreshLater(): void {
    if (this.#closed) return;
    this.#refresh = this.#host.clock.after(REFRESH_MS, () => {
      this.#reach(() => this.#sockets.refresh()).catch(() => undefined);
      this.#refreshLater();
    });
  }

  async #send(datagrams: readonly Buffer[]): Promise<void> {
    await this.#opened;
    await this.#reach(() => this.#sockets.send(datagrams));
  }

  /** Does something with the network, and tells when that is not possible any more, or again. */
  async #reach(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      const error = HeliographError.from(thrown);
      if (!this.#closed) this.#lost(error);
      throw error;
    }
    if (!this.#closed) this.#back();
  }

  #lost(error: HeliographError): void {
    if (this.#lostAt !== undefined) return;
    this.#lostAt = this.#host.clock.now();
    this.#look?.clear();
    this.#look = undefined;
    this.#failure = error;
    this.#host.lost(this.#name, error);
    this.#tellSoon();
  }

  #back(): void {
    if (this.#lostAt === undefined) return;
    const now = this.#host.clock.now();
    this.#table.excuse(now - this.#lostAt, now);
    this.#lostAt = undefined;
    this.#failure = undefined;
    this.#host.back(this.#name);
    if (this.#watches.size > 0) this.#ask();
    this.#lookLater();
  }

  /** Asks who is there. */
  #ask(): void {
    this.#asked?.clear();
    this.#asked = this.#host.clock.after(FIRST_MS, () => {
      this.#complete = this.#lostAt === undefined;
      this.#tell();
    });
    this.#send([queryDatagram(this.#settings.key)]).catch(() => undefined);
  }

  #heard(bytes: Buffer): void {
    if (this.#closed) return;
    const now = this.#host.clock.now();
    const said = readDatagram(bytes, this.#settings.key);
    switch (said.kind) {
      case "presence": {
        const heard = this.#table.heard(said.presence, now);
        if (typeof heard === "object") this.#refuse(heard.refused);
        else if (heard !== "same") this.#tellSoon(heard === "load" ? this.#settings.intervalMs : GATHER_MS);
        // Whatever else is heard makes the next look later.
        if (heard === "changed" || this.#look === undefined) this.#lookLater();
        break;
      }
      case "query":
        this.#announcer.asked();
        break;
      case "goodbye":
        if (this.#table.left(said.subject, now)) this.#tellSoon();
        break;
      case "refused":
        this.#refuse(said.why);
        break;
    }
  }

  /** Anybody can send anything: one warning, then a line each time that there are ten times as many. */
  #refuse(why: string): void {
    this.#refused++;
    if (this.#refused < this.#refusedNext) return;
    this.#refusedNext *= 10;
    const { logger } = this.#host;
    const fields = { resolver: this.#name, why, count: this.#refused };
    if (this.#refused === 1) logger.warn(fields, "a datagram is not of this beacon, and is passed over");
    else logger.debug(fields, "datagrams were passed over");
  }

  #tellSoon(withinMs = GATHER_MS): void {
    const { clock } = this.#host;
    const at = clock.now() + withinMs;
    if (this.#gathering !== undefined && this.#tellAt <= at) return;
    this.#gathering?.clear();
    this.#tellAt = at;
    this.#gathering = clock.after(withinMs, () => this.#tell());
  }

  #tell(): void {
    this.#gathering?.clear();
    this.#gathering = undefined;
    this.#watches.tell((service) => this.#table.list(service), this.#complete, this.#failure);
  }

  #lookLater(): void {
    const { clock } = this.#host;
    const now = clock.now();
    const nextMs = this.#table.nextLookMs(now);
    if (nextMs === undefined || this.#lostAt !== undefined || this.#closed) return;
    if (this.#look !== undefined && this.#lookAt <= now + nextMs) return;
    this.#look?.clear();
    this.#lookAt = now + nextMs;
    this.#look = clock.after(nextMs, () => {
      this.#look = undefined;
      const lookedAt = clock.now();
      const lateMs = lookedAt - this.#lookAt;
      if (lateMs >= LATE * this.#settings.intervalMs) this.#table.excuse(lateMs, lookedAt);
      if (this.#table.look(lookedAt)) this.#tell();
      this.#lookLater();
    });
  }
}

import type { Load } from "../../naming/instance.js";
import type { Presence } from "./beacon-datagram.js";

/** An announcement, encoded, and what came with it. */
export interface WholeAnnouncement {
  readonly bytes: Uint8Array;
  readonly load: Load | undefined;
}

interface Begun {
  readonly epoch: number;
  readonly version: number;
  load: Load | undefined;
  readonly pieces: (Uint8Array | undefined)[];
}

/** How many announcements may lack parts at a time: of some 37 kB each, at most. */
const MAX_BEGUN = 256;

/**
 * Puts together announcements that came in several datagrams. Of each instance the newest is put together; of those
 * that lack parts, the one that was begun first makes way when there are too many.
 */
export class BeaconParts {
  readonly #begun = new Map<string, Begun>();

  /** The whole announcement, if this was its last missing part. */
  add(presence: Presence): WholeAnnouncement | undefined {
    const { instance, bytes, part, parts, load } = presence;
    if (parts === 1) return { bytes, load };
    const begun = this.#begunFor(presence);
    if (begun === undefined) return undefined;
    begun.pieces[part] = bytes;
    begun.load = load ?? begun.load;
    const pieces = begun.pieces.filter((piece) => piece !== undefined);
    if (pieces.length < parts) return undefined;
    this.#begun.delete(instance);
    return { bytes: Buffer.concat(pieces), load: begun.load };
  }

  /** The instance is gone, or needs no parts any more. */
  forget(instance: string): void {
    this.#begun.delete(instance);
  }

  /** Undefined when something newer of the instance was begun. */
  #begunFor({ instance, epoch, version, parts }: Presence): Begun | undefined {
    const known = this.#begun.get(instance);
    if (known !== undefined) {
      if (epoch < known.epoch || (epoch === known.epoch && version < known.version)) return undefined;
      const same = epoch === known.epoch && version === known.version && parts === known.pieces.length;
      if (same) return known;
      this.#begun.delete(instance);
    }
    const [oldest] = this.#begun.keys();
    if (oldest !== undefined && this.#begun.size >= MAX_BEGUN) this.#begun.delete(oldest);
    const pieces = Array<Uint8Array | undefined>(parts).fill(undefined);
    const begun: Begun = { epoch, version, load: undefined, pieces };
    this.#begun.set(instance, begun);
    return begun;
  }
}

/** What the runner orders of the programs of the case `registry`, beyond the driver's protocol. */
export type RegistryOrder =
  /** Registry: tell what it takes. Answered with a `RegistryGauge`. */
  | { readonly order: "gauge" }
  /** Holder: make the nodes from this number up to that one, of so many in all. Answered with `{}` when all are announced. */
  | { readonly order: "register"; readonly from: number; readonly to: number; readonly of: number }
  /** Holder: wait until so many nodes live, by the registry's word. Answered with `Seen`. */
  | { readonly order: "see"; readonly count: number };

/** What the process of the registry takes. */
export interface RegistryGauge {
  /** Since it began. */
  readonly elapsedMs: number;
  /** Of any core, since then. */
  readonly coreMs: number;
  readonly rss: number;
}

/** What the registry has said to one who watches all. */
export interface Seen {
  readonly alive: number;
  /** How often it has said of a node that it is not well, or gone. */
  readonly troubles: number;
}

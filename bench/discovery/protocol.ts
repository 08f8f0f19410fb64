/** What went through a registry's socket. */
export interface Traffic {
  /** ZeroMQ's: several things that are said in one turn of the event loop are one. */
  readonly messages: number;
  readonly bytes: number;
}

/** What a network of so many nodes and one registry took, all in one process. */
export interface Simulated {
  readonly nodes: number;
  /**
   * From the making of the first node until each knew all that it watches: on the nodes' clock, on which messages and
   * work take no time, and of this machine's cores, for all nodes and the registry.
   */
  readonly convergence: { readonly clockMs: number; readonly coreMs: number };
  /** For each node, until then. */
  readonly start: Traffic;
  /** For each node and second, when nothing happens. */
  readonly steady: Traffic;
  /** When one instance leaves, until all who watch its service know. */
  readonly change: Traffic;
  /** Core time of a second in which nothing happens, for all nodes and the registry. */
  readonly steadyCoreMs: number;
  /** For each node: all that is there, and how much of that is the registry's. */
  readonly memory: { readonly bytes: number; readonly registryBytes: number };
}

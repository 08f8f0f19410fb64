/**
 * What the runner orders of the two memory programs, beyond the driver's protocol. Each order is answered when
 * it is done: with a `Gauge` for `gauge`, with `{}` for the others.
 */
export type MemoryOrder =
  /** Collect garbage and tell what is left. */
  | { readonly order: "gauge" }
  /** Server: make so many nodes, each serving on an endpoint of its own. */
  | { readonly order: "nodes"; readonly count: number }
  /** Server: wait until the handlers of so many held calls run. */
  | { readonly order: "holding"; readonly count: number }
  /** Server: answer the held calls. */
  | { readonly order: "release" }
  /** Client: open so many sessions, each with an answered call. */
  | { readonly order: "sessions"; readonly count: number }
  /** Client: begin so many calls that are held, over the sessions in turn. */
  | { readonly order: "hold"; readonly count: number }
  /** Client: wait for the held calls' answers. */
  | { readonly order: "answers" };

/** Bytes of a process after a garbage collection. */
export interface Gauge {
  /** What the operating system counts, ZeroMQ's memory included. */
  readonly rss: number;
  /** JavaScript's objects. */
  readonly heapUsed: number;
  /** Buffers outside of the JavaScript heap. */
  readonly external: number;
}

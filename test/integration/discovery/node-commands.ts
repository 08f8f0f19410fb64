import type { CallTally } from "./steady-calls.js";

/** What a process of a test can be told to do, and what it answers; see `startProcess`. */
export interface NodeCommands {
  /** Makes a node that serves EchoService and CallService; SIGTERM closes it, and then ends the process. */
  serve(options: ServeCommand): ServedNode;
  /** Makes a node that serves a registry. */
  registry(options: RegistryCommand): ServedNode;
  /** Makes a node that calls EchoService so often in each second. */
  call(options: CallCommand): void;
  /** What has become of the calls so far. */
  tally(): TallyAnswer;
  /** What was served so far. */
  stats(): NodeStats;
  /** Who serves EchoService, as a node here knows it, but for the dead; makes a node that asks when there is none. */
  list(options: Asked): readonly string[];
  /** Blocks the event loop in pieces of so many milliseconds, with a turn between them, for as long as it is told. */
  grind(options: { readonly pieceMs: number; readonly forMs: number }): void;
  /** Stops serving CallService, or serves it again. */
  change(): void;
  /** Closes what `serve` has made. */
  close(): void;
}

/** Whom a node asks; `remote` when that is not only on loopback. */
interface Asked {
  readonly registries: readonly string[];
  readonly remote?: boolean | undefined;
}

export interface RegistryCommand {
  readonly endpoint?: string | undefined;
  readonly heartbeatMs?: number | undefined;
  readonly remote?: boolean | undefined;
}

export interface CallCommand extends Asked {
  readonly perSecond: number;
}

export interface ServeCommand extends Asked {
  readonly name: string;
  readonly endpoint?: string | undefined;
  readonly advertise?: readonly string[] | undefined;
  /** How far the clock of its machine is ahead; its steady clock is not. */
  readonly aheadMs?: number | undefined;
  /** So many nodes, each with this name and a number. */
  readonly count?: number | undefined;
}

export interface ServedNode {
  readonly instance: string;
  readonly endpoint: string;
  /** When it was ready, on the steady clock. */
  readonly readyAt: number;
}

export interface NodeStats {
  readonly served: number;
  /** When the first call of EchoService came, by node, on the steady clock. */
  readonly firstAt: Readonly<Record<string, number>>;
  readonly files: number;
}

export interface TallyAnswer extends Omit<CallTally, "failed"> {
  readonly failed: readonly string[];
}

import type { Clock } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import type { SocketFactory } from "../socket/socket.js";
import { showValue } from "../wire/show-value.js";

/** What goes wrong, and how often: shares are from 0, never, to 1, always. All are 0 unless said. */
export interface FaultOptions {
  /** What the connections are made of. Default: a new `memoryNetwork()`. */
  readonly network?: SocketFactory | undefined;
  /** The same seed and the same calls give the same faults. A whole number below 2^32; default 1. */
  readonly seed?: number | undefined;
  /** The share of requests, and of answers, that get lost. In a stream each message counts, and what follows it is lost, too. */
  readonly drop?: number | undefined;
  /** The share of unary requests that arrive twice: the handler runs twice, the caller gets its own answer only. */
  readonly duplicate?: number | undefined;
  /** The share of ZeroMQ messages in which the requests of several calls, or their answers, change places. */
  readonly reorder?: number | undefined;
  /** The share of ZeroMQ messages at which the connection breaks; the message is lost. */
  readonly cut?: number | undefined;
  /** What each ZeroMQ message takes longer in each direction, in milliseconds: always, or from the least to the most. */
  readonly delayMs?: number | readonly [number, number] | undefined;
  /** What delays are measured by. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Receives what event handlers throw. Default: a process warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** How often what goes wrong. */
export interface FaultRates {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly cut: number;
  readonly delayMs: readonly [number, number];
}

/** Nothing goes wrong. */
export const noFaults: FaultRates = { drop: 0, duplicate: 0, reorder: 0, cut: 0, delayMs: [0, 0] };

const names: readonly (keyof FaultOptions)[] = [
  "network",
  "seed",
  "drop",
  "duplicate",
  "reorder",
  "cut",
  "delayMs",
  "clock",
  "onError",
];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function faultRates(options: FaultOptions): FaultRates {
  checkOptionNames("faults()", options, names);
  return {
    drop: share("drop", options.drop),
    duplicate: share("duplicate", options.duplicate),
    reorder: share("reorder", options.reorder),
    cut: share("cut", options.cut),
    delayMs: span(options.delayMs),
  };
}

/** @throws HeliographError INVALID_ARGUMENT that quotes it */
export function faultSeed(seed: number = 1): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw invalidArgument(`seed must be a whole number from 0 to 4294967295, got ${showValue(seed)}`);
}

function share(name: string, value: number = 0): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw invalidArgument(`${name} must be a share from 0 (never) to 1 (always), got ${showValue(value)}`);
}

function span(delayMs: FaultOptions["delayMs"] = 0): readonly [number, number] {
  const [least, most] = Array.isArray(delayMs) ? delayMs : [delayMs, delayMs];
  if (Number.isFinite(least) && Number.isFinite(most) && least >= 0 && most >= least) return [least, most];
  throw invalidArgument(
    `delayMs must be milliseconds, or the least and the most of them such as [0, 20], got ${JSON.stringify(delayMs)}`,
  );
}

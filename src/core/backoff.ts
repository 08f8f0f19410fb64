import { invalidArgument } from "./error.js";

/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Before the second attempt, in milliseconds. Default 200. */
  readonly initialMs?: number | undefined;
  /** Default 20,000. */
  readonly maxMs?: number | undefined;
  /** Default 2. */
  readonly factor?: number | undefined;
  /** The share of a wait that is left to chance, 0 to 1. Default 0.5. */
  readonly jitter?: number | undefined;
}

/** `BackoffOptions` with all defaults filled in. */
export type Backoff = Required<{ readonly [K in keyof BackoffOptions]: number }>;

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function backoffFrom(options: BackoffOptions = {}): Backoff {
  const backoff = {
    initialMs: options.initialMs ?? 200,
    maxMs: options.maxMs ?? 20_000,
    factor: options.factor ?? 2,
    jitter: options.jitter ?? 0.5,
  };
  for (const [key, value] of Object.entries(backoff)) {
    if (!Number.isFinite(value) || value < 0) {
      throw invalidArgument(`backoff.${key} must be a number of at least 0, got ${String(value)}`);
    }
  }
  if (backoff.factor < 1) throw invalidArgument(`backoff.factor must be at least 1, got ${backoff.factor}`);
  if (backoff.jitter > 1) throw invalidArgument(`backoff.jitter must be at most 1, got ${backoff.jitter}`);
  return backoff;
}

/** The wait after `failures` failed attempts (1 or more), in milliseconds. `random` is in [0, 1). */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  const whole = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (failures - 1));
  return whole * (1 - backoff.jitter * random);
}

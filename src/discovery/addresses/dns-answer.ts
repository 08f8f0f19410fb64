import type { HeliographError } from "../../core/error.js";

/** One place where the service is, as DNS has it. */
export interface DnsPlace {
  readonly endpoint: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What came of asking DNS once. */
export type DnsAnswer =
  /** At least one. Not `whole` when the addresses of some hosts could not be found out. */
  | {
      readonly kind: "found";
      readonly places: readonly DnsPlace[];
      readonly whole: boolean;
      /** How long the records may be used. */
      readonly ttlMs: number;
    }
  /** The name has no such records, or does not exist. */
  | { readonly kind: "none" }
  /** There was no answer, or one that is none. */
  | { readonly kind: "failed"; readonly error: HeliographError };

/** No answer is used for less. */
const LEAST_MS = 1_000;
/** How long a name's absence may be used: DNS has a time for that, which Node doesn't tell. */
const NONE_TTL_MS = 5_000;

/** How soon to ask again after an answer that is no failure, in milliseconds. */
export function useMs(answer: Exclude<DnsAnswer, { kind: "failed" }>, intervalMs: number): number {
  const ttlMs = answer.kind === "none" ? NONE_TTL_MS : answer.ttlMs;
  return Math.min(intervalMs, Math.max(LEAST_MS, ttlMs));
}

/** How soon to ask again after so many failures in a row. Nothing is left to chance: each client has begun at a time of its own. */
export function retryMs(failures: number, intervalMs: number): number {
  return Math.min(intervalMs, LEAST_MS * 2 ** (failures - 1));
}

import type { RaceName } from "./cases.js";
import type { Resident } from "./row.js";

/** What a round gave: a rate or a time in microseconds, and where it is measured the time that 99 of 100 stay below. */
export interface RoundFigure {
  readonly value: number;
  readonly p99us?: number | undefined;
}

/** A contender whose programs are up. */
export interface Running extends AsyncDisposable {
  readonly name: string;
  /** Runs one round. Rejects with what fails in it. */
  round(of: RaceName, inFlight: number, seconds: number): Promise<RoundFigure>;
  /** Resident memory of its programs now, of contenders in JavaScript that are a server and a client. */
  rss?(): Promise<Resident>;
}

/** Calls pass; calls are refused; a few calls pass to find out. */
export type CircuitState = "closed" | "open" | "half-open";

/** When a circuit opens, and how it closes again. */
export interface CircuitSettings {
  readonly failureRatio: number;
  readonly minCalls: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly probes: number;
}

/** A call that was let pass, until it is settled. Those of an earlier state count no more. */
export interface Permit {
  readonly generation: number;
}

/** What a call tells of the server; `nothing` when it never got there, or its caller cancelled it. */
export type Outcome = "success" | "failure" | "nothing";

const SLICES = 10;

interface Slice {
  number: number;
  calls: number;
  failures: number;
}

/** The states of a circuit breaker (Nygard, "Release It!", 2007). Times are those of a clock, in milliseconds. */
export class Circuit {
  private readonly settings: CircuitSettings;
  private readonly onChange: (to: CircuitState, from: CircuitState) => void;
  private current: CircuitState = "closed";
  private generation = 0;
  private slices: Slice[] = [];
  private openUntil = 0;
  /** Half open: calls that were let pass and whose end did not count for nothing. */
  private probing = 0;
  private probedAt = 0;
  private succeeded = 0;

  constructor(settings: CircuitSettings, onChange: (to: CircuitState, from: CircuitState) => void) {
    this.settings = settings;
    this.onChange = onChange;
  }

  get state(): CircuitState {
    return this.current;
  }

  /** Until a call may pass, when none may. */
  waitMs(now: number): number {
    if (this.current === "open") return Math.max(0, this.openUntil - now);
    const { probes, openMs } = this.settings;
    if (this.current === "closed" || this.probing < probes) return 0;
    // A probe may take as long as it likes, a stream for one: then another one is let pass.
    return Math.max(0, this.probedAt + openMs - now);
  }

  /** Lets a call pass, or gives undefined. */
  admit(now: number): Permit | undefined {
    if (this.waitMs(now) > 0) return undefined;
    if (this.current === "open") this.become("half-open");
    if (this.current === "half-open") {
      this.probing++;
      this.probedAt = now;
    }
    return { generation: this.generation };
  }

  /** The call is over. */
  settle(permit: Permit, outcome: Outcome, now: number): void {
    if (permit.generation !== this.generation) return;
    if (this.current === "closed") {
      if (outcome !== "nothing") this.count(outcome === "failure", now);
    } else if (outcome === "failure") this.open(now);
    else if (outcome === "nothing") this.probing--;
    else if (++this.succeeded >= this.settings.probes) this.become("closed");
  }

  private count(failed: boolean, now: number): void {
    const { windowMs, minCalls, failureRatio } = this.settings;
    const number = Math.floor((now * SLICES) / windowMs);
    const recent = this.slices.filter((slice) => slice.number > number - SLICES);
    let latest = recent.at(-1);
    if (latest?.number !== number) {
      latest = { number, calls: 0, failures: 0 };
      recent.push(latest);
    }
    latest.calls++;
    if (failed) latest.failures++;
    this.slices = recent;
    let calls = 0;
    let failures = 0;
    for (const slice of recent) {
      calls += slice.calls;
      failures += slice.failures;
    }
    if (failed && calls >= minCalls && failures / calls >= failureRatio) this.open(now);
  }

  private open(now: number): void {
    this.openUntil = now + this.settings.openMs;
    this.become("open");
  }

  private become(to: CircuitState): void {
    const from = this.current;
    this.current = to;
    this.generation++;
    this.slices = [];
    this.probing = 0;
    this.succeeded = 0;
    this.onChange(to, from);
  }
}

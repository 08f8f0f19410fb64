import type { Code } from "../../core/code.js";
import { type LatencyCounts, LatencyHistogram } from "./latency-histogram.js";

/** What the calls of a method have come to since it is served, or since the statistics were reset. */
export interface MethodCounts {
  /** `package.Service/Method`; empty for requests of what is not served. */
  readonly path: string;
  /** Calls that have ended, however they did. Each attempt is one, and each time that a stream resumes. */
  readonly calls: number;
  readonly inFlight: number;
  /** Calls that ended with an error, by code. */
  readonly errors: ReadonlyMap<Code, number>;
  /** Encoded payloads as they travel, so compressed ones as what they were compressed to. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** From the request's arrival to the call's end; of a stream to the end of all. */
  readonly latency: LatencyCounts;
}

/** When a packet arrived. All its calls share it: a number of their own would be an allocation for each. */
export interface Arrival {
  /** Clock time. */
  readonly at: number;
}

const CODES = 17;

/** Counts the calls of one method. Nothing is allocated for a call. */
export class MethodStats {
  requestBytes = 0;
  responseBytes = 0;
  private readonly path: string;
  private calls = 0;
  private inFlight = 0;
  /** By code; made by the first error. */
  private errors: Float64Array | undefined;
  private readonly latency = new LatencyHistogram();

  constructor(path: string) {
    this.path = path;
  }

  begun(): void {
    this.inFlight++;
  }

  /**
   * A call has ended; how long it took is told by `took`.
   *
   * @param code 0 for a call that went well
   */
  ended(code: number): void {
    this.inFlight--;
    this.calls++;
    if (code !== 0) this.failed(code);
  }

  /** So many calls took so long. */
  took(ms: number, calls: number): void {
    this.latency.add(ms, calls);
  }

  /** A request has not become a call. */
  refused(code: Code): void {
    this.calls++;
    this.failed(code);
    this.latency.add(0, 1);
  }

  counts(): MethodCounts {
    const errors = new Map<Code, number>();
    for (const [code, count] of this.errors?.entries() ?? []) if (count > 0) errors.set(code as Code, count);
    const { path, calls, inFlight, requestBytes, responseBytes } = this;
    return { path, calls, inFlight, errors, requestBytes, responseBytes, latency: this.latency.counts() };
  }

  /** Begins anew; calls in flight stay in flight. */
  reset(): void {
    this.calls = 0;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.errors = undefined;
    this.latency.reset();
  }

  private failed(code: number): void {
    this.errors ??= new Float64Array(CODES);
    this.errors[code]!++;
  }
}

import type { Clock } from "../core/clock.js";
import { Code } from "../core/code.js";
import { checkOptionNames } from "../core/option-names.js";
import type { Balancer, Candidate, Picker, PickerParts } from "./balancer.js";
import { InstanceStates } from "./instance-states.js";
import { checkAboveZero } from "./option-checks.js";
import { PeakEwma } from "./peak-ewma.js";

/** How `powerOfTwo` learns. */
export interface PowerOfTwoOptions {
  /** How long it takes, in milliseconds, until an answer has lost two thirds of its weight. Default 10,000. */
  readonly decayMs?: number | undefined;
}

/** Ends that say nothing of how fast an instance answers: most come early, or when the caller has lost patience. */
const NO_ANSWER: readonly Code[] = [
  Code.Cancelled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Internal,
  Code.Unavailable,
];

/**
 * Of two instances by chance the one that will answer sooner, by how long it has taken lately and the calls under way
 * there. It steers around slow instances at a cost that does not grow with their number, and clients don't all run to
 * the same one (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). An instance that nothing
 * is known of is tried at once. Errors of a server in trouble don't make it look fast.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function powerOfTwo(options: PowerOfTwoOptions = {}): Balancer {
  checkOptionNames("powerOfTwo()", options, ["decayMs"]);
  const { decayMs = 10_000 } = options;
  checkAboveZero("decayMs", decayMs);
  return { name: "power-of-two", picker: (parts) => new PowerOfTwoPicker(parts, decayMs) };
}

class PowerOfTwoPicker implements Picker {
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly latencies: InstanceStates<PeakEwma>;

  constructor({ clock, random }: PickerParts, decayMs: number) {
    this.clock = clock;
    this.random = random;
    this.latencies = new InstanceStates(() => new PeakEwma(decayMs));
  }

  pick(candidates: readonly Candidate[]): Candidate | undefined {
    const count = candidates.length;
    if (count < 2) return candidates[0];
    const latencies = this.latencies.of(candidates);
    const first = Math.floor(this.random() * count);
    const other = Math.floor(this.random() * (count - 1));
    const second = other < first ? other : other + 1;
    const now = this.clock.now();
    const sooner = loadOf(second, candidates, latencies, now) < loadOf(first, candidates, latencies, now);
    const index = sooner ? second : first;
    latencies[index]?.chosen(now);
    return candidates[index];
  }

  ended(candidate: Candidate, error: Code | undefined, ms: number | undefined): void {
    if (ms === undefined) return;
    const latency = this.latencies.find(candidate);
    if (error !== undefined && NO_ANSWER.includes(error)) latency?.failed(ms);
    else latency?.answered(ms, this.clock.now());
  }
}

function loadOf(
  index: number,
  candidates: readonly Candidate[],
  latencies: readonly PeakEwma[],
  now: number,
): number {
  return latencies[index]?.load(candidates[index]?.pending ?? 0, now) ?? 0;
}

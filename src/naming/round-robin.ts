import type { Balancer, Candidate, Picker, PickerParts } from "./balancer.js";

/** What the weights of a service are scaled to: that of the heaviest instance. */
const HEAVIEST = 65_535;
/** Fits a small integer of the engine, and ends in the middle of no round that anybody would notice. */
const MOST_TURNS = 2 ** 30;

/**
 * One instance after the other; the first is left to chance, so that many clients don't begin with the same one. An
 * instance whose label `weight` is a whole number from 0 to 65,535 gets so many calls for each one of an instance of
 * weight 1, which is that of those without such a label; weight 0 gets none while another instance has more.
 */
export function roundRobin(): Balancer {
  return { name: "round-robin", picker: (parts) => new RoundRobinPicker(parts) };
}

/**
 * With weights it is the static stride scheduler of gRPC (A58), which spreads the turns of the heavy evenly and keeps no
 * queue: each round passes over all instances, and an instance is chosen in a share of the rounds.
 */
class RoundRobinPicker implements Picker {
  private turn: number;
  private candidates: readonly Candidate[] | undefined;
  private weights: Uint16Array | undefined;

  constructor({ random }: PickerParts) {
    this.turn = Math.floor(random() * HEAVIEST);
  }

  pick(candidates: readonly Candidate[]): Candidate | undefined {
    if (candidates !== this.candidates) {
      this.candidates = candidates;
      this.weights = weightsOf(candidates);
    }
    const index = this.weights === undefined ? this.next(candidates.length) : this.nextOf(this.weights);
    return candidates[index];
  }

  private next(count: number): number {
    const index = this.turn % count;
    this.turn = (this.turn + 1) % MOST_TURNS;
    return index;
  }

  private nextOf(weights: Uint16Array): number {
    const count = weights.length;
    for (;;) {
      const round = Math.floor(this.turn / count);
      const index = this.next(count);
      const weight = weights[index] ?? 0;
      // Each instance begins elsewhere in its stride, so that those of one weight don't all have the same rounds.
      const stride = (weight * round + index * (HEAVIEST >> 1)) % HEAVIEST;
      if (stride >= HEAVIEST - weight) return index;
    }
  }
}

/** Undefined when all are alike. */
function weightsOf(candidates: readonly Candidate[]): Uint16Array | undefined {
  const weights = candidates.map(({ info }) => weightOf(info.labels["weight"]));
  const most = Math.max(...weights);
  if (weights.every((weight) => weight === most)) return undefined;
  return Uint16Array.from(weights, (weight) =>
    weight === 0 ? 0 : Math.max(1, Math.round((weight * HEAVIEST) / most)),
  );
}

function weightOf(label: string | undefined): number {
  const weight = label !== undefined && /^\d{1,5}$/.test(label) ? Number(label) : 1;
  return weight <= HEAVIEST ? weight : 1;
}

import type { Balancer } from "../../../src/index.js";
import { roundRobin } from "../../../src/naming/round-robin.js";
import { steadyMs } from "./steady-time.js";

/** Round robin that remembers when it chose each instance last. */
export class WatchedBalancer implements Balancer {
  readonly name = "watched-round-robin";
  /** By instance, on the steady clock. */
  readonly chosenAt = new Map<string, number>();
  readonly chosen = new Map<string, number>();

  readonly picker: Balancer["picker"] = (parts) => {
    const inner = roundRobin().picker(parts);
    return {
      pick: (candidates, call) => {
        const candidate = inner.pick(candidates, call);
        if (candidate !== undefined) {
          const { instance } = candidate.info;
          this.chosenAt.set(instance, steadyMs());
          this.chosen.set(instance, (this.chosen.get(instance) ?? 0) + 1);
        }
        return candidate;
      },
    };
  };
}

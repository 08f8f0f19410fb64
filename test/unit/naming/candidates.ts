import { Metadata } from "../../../src/core/metadata.js";
import type { Balancer, Candidate, PickedCall, Picker, PickerParts } from "../../../src/naming/balancer.js";
import type { InstanceInfo } from "../../../src/naming/instance.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";
import { seededRandom } from "../../../src/testing/random.js";

/** An instance whose calls under way a test sets. */
export interface TestCandidate extends Candidate {
  info: InstanceInfo;
  pending: number;
}

export function candidate(instance: string, info: Partial<InstanceInfo> = {}): TestCandidate {
  return {
    info: {
      node: "greeter",
      instance,
      epoch: 1,
      version: 1,
      endpoints: [`memory://${instance}`],
      services: [{ name: "example.v1.GreeterService", schemaHash: "" }],
      labels: {},
      host: "",
      condition: "serving",
      kit: "",
      processId: 0,
      state: "alive",
      load: undefined,
      ...info,
    },
    pending: 0,
  };
}

/** `i0`, `i1` and so on. */
export function candidatesOf(count: number): TestCandidate[] {
  return Array.from({ length: count }, (_, index) => candidate(`i${index}`));
}

export function parts(seed = 1, clock = fakeClock(), host = "here"): PickerParts {
  return { clock, random: seededRandom(seed), host };
}

export function callWith(metadata: Record<string, string> = {}): PickedCall {
  return { path: "example.v1.GreeterService/Greet", request: {}, metadata: new Metadata(metadata) };
}

/** For a balancer that looks at the metadata `key`. */
export const keyOf = ({ metadata }: PickedCall): string | undefined => metadata?.text("key");

export const anyCall = callWith();

/** Which instance it picks. */
export function pick(picker: Picker, candidates: readonly Candidate[], call = anyCall): string | undefined {
  return picker.pick(candidates, call)?.info.instance;
}

/** How often each instance is picked. */
export function counts(
  picker: Picker,
  candidates: readonly Candidate[],
  picks: number,
  callOf: (index: number) => PickedCall = () => anyCall,
): Record<string, number> {
  const found: Record<string, number> = Object.fromEntries(candidates.map(({ info }) => [info.instance, 0]));
  for (let index = 0; index < picks; index++) {
    const instance = pick(picker, candidates, callOf(index)) ?? "nobody";
    found[instance] = (found[instance] ?? 0) + 1;
  }
  return found;
}

/**
 * How far counts are from equal shares: the sum of (seen - expected)² / expected. Of fair ones it is about their number
 * less one, and above twice that plus 20 in less than one of ten thousand cases.
 */
export function chiSquare(seen: Record<string, number>): number {
  const values = Object.values(seen);
  const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - expected) ** 2 / expected, 0);
}

/** A balancer that is told of ends, keeps what it was told, and always takes the first. */
export function listening(): Balancer & { readonly told: string[] } {
  const told: string[] = [];
  return {
    name: "listening",
    told,
    picker: () => ({
      pick: ([first]) => first,
      ended: ({ info }, error, ms) => told.push(`${info.instance} ${error} ${ms}`),
    }),
  };
}

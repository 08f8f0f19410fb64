import type { Choices } from "./choices.js";
import type { Kind } from "./wire-call.js";
import type { Setup } from "./world.js";

const small: Setup["sizes"] = [
  [80, 5],
  [20, 700],
];
const medium: Setup["sizes"] = [
  [60, 5],
  [20, 3_000],
  [16, 20_000],
  [4, 70_000],
];
const large: Setup["sizes"] = [
  [70, 5],
  [10, 20_000],
  [10, 70_000],
  [10, 300_000],
];
/** So much that streams hold still for each other. */
const crowding: Setup["sizes"] = [
  [40, 5],
  [60, 70_000],
];

/** What is explored. */
export interface Scope {
  readonly kinds: readonly Kind[];
  /** Calls may be made again when they fail. */
  readonly retries: boolean;
  /** Connections may break in every run, not in some. */
  readonly breaks: boolean;
}

/** The conditions of a run: most have one thing or another that is scarce. */
export function chooseSetup(choices: Choices, { kinds, retries, breaks }: Scope): Setup {
  const sizes = choices.pick([small, small, small, medium, medium, large, crowding]);
  const crowded = sizes === crowding;
  const limits = () => ({
    maxCalls: choices.pick([1_024, 2, 1]),
    windowPackets: choices.pick([128, 4]),
    windowBytes: choices.pick(crowded ? [65_536] : [1_048_576, 65_536]),
    streamCreditMessages: choices.pick(crowded ? [1_024] : [1_024, 16, 16]),
    streamCreditBytes: choices.pick(crowded ? [2_000_000] : [262_144, 65_536, 2_000_000]),
  });
  return {
    kinds,
    nodeLimits: limits(),
    clientLimits: limits(),
    maxConcurrent: choices.pick([256, 2, 1]),
    sizes,
    breaks: breaks || choices.percent(35),
    retries,
  };
}

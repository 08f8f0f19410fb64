/** Chance that is the same in each run (mulberry32): picks one of a list. */
export function seeded(seed: number): <T>(from: readonly T[]) => T {
  let state = seed;
  return (from) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const share = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    return from[Math.floor(share * from.length)] as (typeof from)[number];
  };
}

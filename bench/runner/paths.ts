import { fileURLToPath } from "node:url";

/** A checkout of the repository, and what the bench keeps in it. */
export interface Checkout {
  readonly root: string;
  readonly bench: string;
  readonly modules: string;
  readonly gen: string;
  /** Compiled programs: `bench/driver/load.ts` is `load.js` in its folder `driver`. */
  readonly programs: string;
}

/** The checkout at a folder. */
export function checkoutAt(root: string): Checkout {
  const bench = `${root}/bench`;
  return {
    root,
    bench,
    modules: `${bench}/node_modules`,
    gen: `${bench}/gen`,
    programs: `${bench}/build/js`,
  };
}

/** The checkout that this file is part of. */
export const here = checkoutAt(fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, ""));

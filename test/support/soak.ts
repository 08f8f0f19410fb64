/** True in the long form of a test: `npm run soak -- NAME`. */
export const soaking = process.env["HELIOGRAPH_SOAK"] !== undefined;

/** A size of the test in its short and in its long form. */
export function scaled(short: number, long: number): number {
  return soaking ? long : short;
}

import { invalidArgument } from "../core/error.js";
import { showValue } from "../wire/show-value.js";

/** @throws HeliographError INVALID_ARGUMENT unless it is a whole number of at least `least` */
export function checkCount(name: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && Number(value) >= least) return;
  throw invalidArgument(`${name} must be a whole number of at least ${least}, got ${showValue(value)}`);
}

/** @throws HeliographError INVALID_ARGUMENT unless it is a number above 0, and at most `most` */
export function checkPositive(name: string, value: unknown, most = Number.POSITIVE_INFINITY): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0 && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? "above 0" : `above 0 and at most ${most}`;
  throw invalidArgument(`${name} must be a number ${range}, got ${showValue(value)}`);
}

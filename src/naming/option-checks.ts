import { invalidArgument } from "../core/error.js";

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a number above 0 and at most `most` */
export function checkAboveZero(name: string, value: unknown, most = Number.POSITIVE_INFINITY): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0 && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? "above 0" : `above 0 and at most ${most}`;
  throw invalidArgument(`${name} must be a number ${range}, got ${show(value)}`);
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a finite number of at least `least` */
export function checkAtLeast(name: string, value: unknown, least: number): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return;
  throw invalidArgument(`${name} must be a number of at least ${least}, got ${show(value)}`);
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a whole number of at least `least` */
export function checkWhole(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= least) return;
  throw invalidArgument(`${name} must be a whole number of at least ${least}, got ${show(value)}`);
}

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a function */
export function checkFunction(name: string, value: unknown, example: string): void {
  if (typeof value !== "function")
    throw invalidArgument(`${name} must be a function such as ${example}, got ${show(value)}`);
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : "an array";
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

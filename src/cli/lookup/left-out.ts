import { counted } from "../output/units.js";
import type { KnownInstance } from "./known-instance.js";
import type { Target } from "./target.js";

/** What is asked of a target, and how many of its instances are not, since they are dead. */
export interface Living {
  readonly target: Target;
  readonly leftOut: number;
}

/**
 * Leaves dead instances out. Not where an instance was named, or a node or service that has no others: then they are what
 * was meant.
 */
export function livingOf(target: Target): Living {
  const { kind, instances } = target;
  const living = instances.filter(isLiving);
  const meant = kind === "instance" || (living.length === 0 && kind !== "all");
  if (meant || living.length === instances.length) return { target, leftOut: 0 };
  return { target: { ...target, instances: living }, leftOut: instances.length - living.length };
}

/** A dead instance is known until registries forget it, which may take minutes. */
export function isLiving({ state }: KnownInstance): boolean {
  return state !== "dead";
}

/** What to tell of those that were left out. */
export function leftOutText(count: number, remedy: string): string {
  return `${counted(count, "dead instance")} left out; ${remedy}`;
}

/** What to do about them where there is no `--all` that means them. */
export const ONE_BY_NAME = "name one by the beginning of its instance to ask it nevertheless";

import { setTimeout as delay } from "node:timers/promises";

/** Lets time pass: how long somebody is away, or what becomes of it then, is what these tests are about. */
export function pass(ms: number): Promise<void> {
  return delay(Math.max(0, ms));
}

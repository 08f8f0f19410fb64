import { answer, orders } from "../driver/lines.js";
import type { RegistryGauge } from "./protocol.js";

/** Loaded into the registry's process before its own program: answers what it takes, and ends it with the runner. */
async function answerGauges(): Promise<void> {
  for await (const _ of orders()) {
    const { user, system } = process.cpuUsage();
    const elapsedMs = performance.now();
    answer({
      coreMs: (user + system) / 1_000,
      elapsedMs,
      rss: process.memoryUsage.rss(),
    } satisfies RegistryGauge);
  }
  process.exit(0);
}

void answerGauges();

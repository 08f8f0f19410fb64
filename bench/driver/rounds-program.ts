import { answer, fail, orders } from "./lines.js";
import type { Order, RoundResult, RunOrder } from "./protocol.js";

/** What a contender's client program measures, and how to let go of it. */
export interface Rounds {
  round(run: RunOrder["run"]): Promise<RoundResult>;
  close(): unknown;
}

/**
 * Runs a contender's client program: opens what it measures at the endpoint that is its last argument, then does as
 * the runner orders until its standard input ends. Any failure ends it with status 1.
 */
export async function roundsProgram(open: (endpoint: string) => Promise<Rounds>): Promise<void> {
  process.once("uncaughtException", fail);
  try {
    const rounds = await open(process.argv.at(-1)!);
    answer({ ready: true });
    for await (const line of orders()) {
      const order = line as Order;
      answer("rss" in order ? { rss: process.memoryUsage.rss() } : await rounds.round(order.run));
    }
    await rounds.close();
  } catch (error) {
    fail(error);
  }
}

import { answer, fail, orders } from "./lines.js";
import type { Order } from "./protocol.js";

/** What a contender's server program opens: where it listens, and how to end it. */
export interface OpenServer {
  readonly endpoint: string;
  close(): unknown;
}

/** Runs a contender's server program: tells the runner where it listens, and serves until its standard input ends. */
export async function serverProgram(open: () => Promise<OpenServer>): Promise<void> {
  try {
    const server = await open();
    answer({ endpoint: server.endpoint });
    for await (const line of orders()) {
      if (!("rss" in (line as Order))) throw new Error(`no order of a server: ${JSON.stringify(line)}`);
      answer({ rss: process.memoryUsage.rss() });
    }
    await server.close();
  } catch (error) {
    fail(error);
  }
}

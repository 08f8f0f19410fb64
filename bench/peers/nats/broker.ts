import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A nats-server of its own on a free port of loopback. */
export interface Broker {
  readonly address: string;
  close(): void;
}

/** Starts Debian's nats-server with its defaults. Rejects with what it said if it ends before it listens. */
export async function startBroker(): Promise<Broker> {
  const child = spawn("nats-server", ["-a", "127.0.0.1", "-p", "-1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => child.kill());
  const said: string[] = [];
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  const listening = (async () => {
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      const address = /Listening for client connections on (\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
    throw new Error(`nats-server ended: ${said.join("\n")}`);
  })();
  const address = await Promise.race([listening, failed]);
  child.stderr.resume();
  return { address, close: () => child.kill() };
}

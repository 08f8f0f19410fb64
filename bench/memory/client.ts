import { type ClientConnection, connectTo, createClient, insecure } from "heliograph";
import { text } from "../driver/payload.js";
import { HoldService } from "../gen/heliograph/bench/v1/bench_heliograph.js";
import { memoryProgram } from "./program.js";

const endpoint = process.argv.at(-1)!;
const connections: ClientConnection[] = [];
let calls: Promise<unknown>[] = [];

/** A session: a connection with an answered call. */
async function openSession() {
  const connection = connectTo([endpoint], { security: insecure() });
  connections.push(connection);
  const stub = createClient(connection, HoldService);
  await stub.hold({ sequence: 0, text, wait: false });
  return stub;
}

const stubs: Awaited<ReturnType<typeof openSession>>[] = [];

await memoryProgram(
  { ready: true },
  async (order) => {
    switch (order.order) {
      case "sessions":
        for (let i = 0; i < order.count; i++) stubs.push(await openSession());
        return;
      case "hold":
        calls = Array.from({ length: order.count }, (_, sequence) =>
          stubs[sequence % stubs.length]!.hold({ sequence, text, wait: true }, { timeoutMs: 600_000 }),
        );
        return;
      case "answers":
        await Promise.all(calls);
        calls = [];
        return;
      default:
        throw new Error(`no order of a client: ${order.order}`);
    }
  },
  async () => {
    for (const connection of connections) await connection.close();
  },
);

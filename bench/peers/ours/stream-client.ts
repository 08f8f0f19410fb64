import { connectTo, createClient, insecure } from "heliograph";
import { isEcho } from "../../driver/payload.js";
import { streamClientProgram } from "../../driver/stream-client-program.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Milliseconds that a stream nobody reads would go on for: longer than any run. */
const endless = 86_400_000;

const unread = Number(process.argv[2]);

/**
 * Heliograph: streams of a typed stub, each in a loop. Of as many as the first argument says, on the same session, only
 * the first message is taken, before anything is measured.
 */
await streamClientProgram(async (endpoint) => {
  const connection = connectTo([endpoint], { security: insecure() });
  const stub = createClient(connection, BenchService);
  for (let i = 0; i < unread; i++) await stub.stream({ durationMs: endless }).next();
  return {
    read: async (durationMs, take) => {
      for await (const message of stub.stream({ durationMs })) take(message);
    },
    matches: isEcho,
    close: () => connection.close(),
  };
}, unread);

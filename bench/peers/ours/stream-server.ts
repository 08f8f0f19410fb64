import { createNode, insecure, serve } from "heliograph";
import { text } from "../../driver/payload.js";
import { serverProgram } from "../../driver/server-program.js";
import { endAfter } from "../../driver/streams.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: streams of a service on a node, as generators. */
await serverProgram(async () => {
  const node = createNode({ name: "bench", security: insecure() });
  const served = await serve(
    node,
    BenchService,
    {
      async *stream({ durationMs }) {
        const last = endAfter(durationMs);
        let sequence = 0;
        do {
          sequence++;
          yield { sequence, text };
        } while (!last(sequence));
      },
      async *chat(requests) {
        for await (const { sequence, text } of requests) yield { sequence, text };
      },
    },
    { endpoint: "tcp://127.0.0.1:*" },
  );
  return { endpoint: served.endpoints[0]!, close: () => node.close() };
});

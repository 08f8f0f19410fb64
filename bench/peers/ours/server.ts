import { createNode, insecure, serve } from "heliograph";
import { serverProgram } from "../../driver/server-program.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: a service on a node, as its README shows it. */
await serverProgram(async () => {
  const node = createNode({ name: "bench", security: insecure() });
  const served = await serve(
    node,
    BenchService,
    { echo: ({ sequence, text }) => ({ sequence, text }) },
    { endpoint: "tcp://127.0.0.1:*" },
  );
  return { endpoint: served.endpoints[0]!, close: () => node.close() };
});

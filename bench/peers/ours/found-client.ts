import { createClient, createNode, insecure } from "heliograph";
import { clientProgram } from "../../driver/client-program.js";
import { deadlineMs, type Echo, echo, sameEcho } from "../../driver/payload.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: a typed stub on a node, which finds its servers through a registry, a deadline for each call. */
await clientProgram(async (registry) => {
  const node = createNode({ name: "client", security: insecure(), registries: [registry] });
  const stub = createClient(node, BenchService);
  const options = { timeoutMs: deadlineMs };
  return {
    request: echo,
    call: (request: Echo) => stub.echo(request, options),
    matches: sameEcho,
    close: () => node.close(),
  };
});

import { connectTo, createClient, insecure } from "heliograph";
import { clientProgram } from "../../driver/client-program.js";
import { deadlineMs, type Echo, echo, sameEcho } from "../../driver/payload.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: a typed stub on a connection, a deadline for each call. */
await clientProgram(async (endpoint) => {
  const connection = connectTo([endpoint], { security: insecure() });
  const stub = createClient(connection, BenchService);
  const options = { timeoutMs: deadlineMs };
  return {
    request: echo,
    call: (request: Echo) => stub.echo(request, options),
    matches: sameEcho,
    close: () => connection.close(),
  };
});

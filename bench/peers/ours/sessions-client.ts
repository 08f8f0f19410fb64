import { type ClientConnection, connectTo, createClient, insecure } from "heliograph";
import { clientProgram } from "../../driver/client-program.js";
import { deadlineMs, type Echo, echo, sameEcho } from "../../driver/payload.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: calls that go in turn over as many sessions as the first argument says. */
await clientProgram(async (endpoint) => {
  const sessions = Number(process.argv[2]);
  const connections: ClientConnection[] = [];
  for (let i = 0; i < sessions; i++) connections.push(connectTo([endpoint], { security: insecure() }));
  const stubs = connections.map((connection) => createClient(connection, BenchService));
  const options = { timeoutMs: deadlineMs };
  for (const stub of stubs) await stub.echo(echo(0), options);
  return {
    request: echo,
    call: (request: Echo) => stubs[request.sequence % sessions]!.echo(request, options),
    matches: sameEcho,
    close: () => Promise.all(connections.map((connection) => connection.close())),
  };
});

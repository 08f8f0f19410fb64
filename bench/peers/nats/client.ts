import { connect, type Msg } from "@nats-io/transport-node";
import { clientProgram } from "../../driver/client-program.js";
import { buffer, deadlineMs, sameBuffer } from "../../driver/payload.js";

/** NATS: requests over one shared inbox subscription (nats.js's default), a plain buffer each way. */
await clientProgram(async (endpoint) => {
  const connection = await connect({ servers: endpoint, noEcho: true, noAsyncTraces: true });
  const options = { timeout: deadlineMs };
  return {
    request: buffer,
    call: (request: Buffer) => connection.request("bench.echo", request, options),
    matches: (request: Buffer, response: Msg) => sameBuffer(request, response.data),
    close: () => connection.close(),
  };
});

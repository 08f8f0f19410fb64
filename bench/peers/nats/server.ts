import { connect } from "@nats-io/transport-node";
import { serverProgram } from "../../driver/server-program.js";
import { startBroker } from "./broker.js";

/** NATS: nats-server, and a responder that subscribes with a callback, the faster of nats.js's two ways. */
await serverProgram(async () => {
  const broker = await startBroker();
  const connection = await connect({ servers: broker.address, noEcho: true, noAsyncTraces: true });
  connection.subscribe("bench.echo", {
    callback: (error, message) => {
      if (error !== null) throw error;
      message.respond(message.data);
    },
  });
  await connection.flush();
  const close = async () => {
    await connection.close();
    broker.close();
  };
  return { endpoint: broker.address, close };
});

import { Reply } from "zeromq";
import { serverProgram } from "../../driver/server-program.js";

/** Plain zeromq.js: a REP that answers with what it was asked, as its README's loop does. */
await serverProgram(async () => {
  const reply = new Reply({ linger: 0 });
  await reply.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const [message] of reply) await reply.send(message!);
  })();
  return { endpoint: reply.lastEndpoint!, close: () => reply.close() };
});

import { Router } from "zeromq";
import { serverProgram } from "../../driver/server-program.js";

/** Plain zeromq.js: a ROUTER that sends every message back, as its README's loop does. */
await serverProgram(async () => {
  const router = new Router({ receiveHighWaterMark: 0, sendHighWaterMark: 0, linger: 0 });
  await router.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const [peer, message] of router) await router.send([peer!, message!]);
  })();
  return { endpoint: router.lastEndpoint!, close: () => router.close() };
});

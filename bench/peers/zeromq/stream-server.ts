import { Router } from "zeromq";
import { buffer } from "../../driver/payload.js";
import { serverProgram } from "../../driver/server-program.js";
import { endAfter } from "../../driver/streams.js";

interface Stream {
  readonly peer: Buffer;
  readonly last: (sequence: number) => boolean;
  sequence: number;
}

/**
 * Plain zeromq.js: a ROUTER that sends messages to whoever asked, as fast as it takes them, until their time is over. Peers
 * take turns, since a socket takes one message at a time. An empty message ends a stream.
 */
await serverProgram(async () => {
  const router = new Router({ receiveHighWaterMark: 0, sendHighWaterMark: 0, linger: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const streams = new Set<Stream>();

  const send = async () => {
    while (streams.size > 0) {
      for (const stream of streams) {
        stream.sequence++;
        await router.send([stream.peer, buffer(stream.sequence)]);
        if (!stream.last(stream.sequence)) continue;
        streams.delete(stream);
        await router.send([stream.peer, ""]);
      }
    }
  };
  void (async () => {
    for await (const [peer, request] of router) {
      streams.add({ peer: peer!, last: endAfter(request!.readUInt32LE(0)), sequence: 0 });
      if (streams.size === 1) void send();
    }
  })();
  return { endpoint: router.lastEndpoint!, close: () => router.close() };
});

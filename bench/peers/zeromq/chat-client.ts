import { Dealer } from "zeromq";
import { clientProgram } from "../../driver/client-program.js";
import { buffer, deadlineMs, sameBuffer } from "../../driver/payload.js";

/** Plain zeromq.js: a DEALER, one message each way at a time. The deadline is the socket's receive timeout. */
await clientProgram(async (endpoint) => {
  const dealer = new Dealer({ linger: 0, sendTimeout: deadlineMs, receiveTimeout: deadlineMs });
  dealer.connect(endpoint);
  return {
    request: buffer,
    call: async (request: Buffer) => {
      await dealer.send(request);
      const [answer] = await dealer.receive();
      return answer!;
    },
    matches: sameBuffer,
    close: () => dealer.close(),
  };
});

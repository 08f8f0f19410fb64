import { Dealer } from "zeromq";
import { buffer, deadlineMs, isBuffer } from "../../driver/payload.js";
import { streamClientProgram } from "../../driver/stream-client-program.js";

/** Plain zeromq.js: a DEALER for each stream at a time, one message of one part per message. */
await streamClientProgram(async (endpoint) => {
  const dealers: Dealer[] = [];
  const idle: Dealer[] = [];
  const open = () => {
    const dealer = new Dealer({ receiveHighWaterMark: 0, linger: 0, receiveTimeout: deadlineMs });
    dealer.connect(endpoint);
    dealers.push(dealer);
    return dealer;
  };
  return {
    read: async (durationMs, take: (message: Buffer) => void) => {
      const dealer = idle.pop() ?? open();
      await dealer.send(buffer(durationMs));
      for await (const [message] of dealer) {
        if (message!.length === 0) break;
        take(message!);
      }
      idle.push(dealer);
    },
    matches: isBuffer,
    close: () => {
      for (const dealer of dealers) dealer.close();
    },
  };
});

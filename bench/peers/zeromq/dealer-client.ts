import { Dealer } from "zeromq";
import { clientProgram } from "../../driver/client-program.js";
import { buffer, deadlineMs, sameBuffer } from "../../driver/payload.js";

interface Pending {
  resolve(answer: Buffer): void;
  reject(error: unknown): void;
}

/**
 * Plain zeromq.js: a DEALER, one message of one part per call. What every user of it has to write by hand is here:
 * an answer finds its call by the sequence number in its first four bytes, and a send waits for the one before,
 * because a socket takes one at a time. The deadline is the socket's receive timeout.
 */
await clientProgram(async (endpoint) => {
  const dealer = new Dealer({
    receiveHighWaterMark: 0,
    sendHighWaterMark: 0,
    linger: 0,
    receiveTimeout: deadlineMs,
  });
  dealer.connect(endpoint);
  const pending = new Map<number, Pending>();
  let sent: Promise<void> = Promise.resolve();

  const receive = async () => {
    while (!dealer.closed) {
      try {
        for await (const [message] of dealer) {
          const sequence = message!.readUInt32LE(0);
          const call = pending.get(sequence);
          if (call === undefined) throw new Error(`an answer to no call: ${sequence}`);
          pending.delete(sequence);
          call.resolve(message!);
        }
      } catch (error) {
        for (const call of pending.values()) call.reject(error);
        pending.clear();
      }
    }
  };
  void receive();

  return {
    request: buffer,
    call: (request: Buffer) =>
      new Promise<Buffer>((resolve, reject) => {
        pending.set(request.readUInt32LE(0), { resolve, reject });
        sent = sent.then(() => dealer.send(request)).catch(reject);
      }),
    matches: sameBuffer,
    close: () => dealer.close(),
  };
});

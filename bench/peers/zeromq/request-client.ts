import { Request } from "zeromq";
import { clientProgram } from "../../driver/client-program.js";
import { buffer, deadlineMs, sameBuffer } from "../../driver/payload.js";

/** Plain zeromq.js: a REQ, one call at a time. The deadline is the socket's send and receive timeout. */
await clientProgram(async (endpoint) => {
  const socket = new Request({ linger: 0, sendTimeout: deadlineMs, receiveTimeout: deadlineMs });
  socket.connect(endpoint);
  return {
    request: buffer,
    call: async (request: Buffer) => {
      await socket.send(request);
      const [answer] = await socket.receive();
      return answer!;
    },
    matches: sameBuffer,
    close: () => socket.close(),
  };
});

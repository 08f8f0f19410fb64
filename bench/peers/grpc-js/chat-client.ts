import { clientProgram } from "../../driver/client-program.js";
import { type Echo, echo, sameEcho } from "../../driver/payload.js";
import { openStub } from "./stub.js";

/** gRPC in JavaScript: one bidirectional stream, answers taken by their events. */
await clientProgram(async (endpoint) => {
  const stub = openStub(endpoint);
  const stream = stub.Chat();
  let waiting: { resolve(answer: Echo): void; reject(error: Error): void } | undefined;
  stream.on("data", (answer: Echo) => waiting?.resolve(answer));
  stream.on("error", (error: Error) => waiting?.reject(error));
  return {
    request: echo,
    call: (request: Echo) =>
      new Promise<Echo>((resolve, reject) => {
        waiting = { resolve, reject };
        stream.write(request);
      }),
    matches: sameEcho,
    close: () => {
      stream.end();
      stub.close();
    },
  };
});

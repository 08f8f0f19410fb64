import { isEcho } from "../../driver/payload.js";
import { streamClientProgram } from "../../driver/stream-client-program.js";
import { openStub } from "./stub.js";

/** gRPC in JavaScript: streams of a typed stub, read by the events of their messages. */
await streamClientProgram(async (endpoint) => {
  const stub = openStub(endpoint);
  return {
    read: (durationMs, take) =>
      new Promise((resolve, reject) => {
        stub.Stream({ durationMs }).on("data", take).once("error", reject).once("end", resolve);
      }),
    matches: isEcho,
    close: () => stub.close(),
  };
});

import { clientProgram } from "../../driver/client-program.js";
import { deadlineMs, type Echo, echo, sameEcho } from "../../driver/payload.js";
import { openStub } from "./stub.js";

/** gRPC in JavaScript: one channel that is kept, a typed stub, a deadline for each call. */
await clientProgram(async (endpoint) => {
  const stub = openStub(endpoint);
  return {
    request: echo,
    call: (request: Echo) =>
      new Promise<Echo>((resolve, reject) => {
        stub.Echo(request, { deadline: Date.now() + deadlineMs }, (error, response) =>
          response === undefined ? reject(error) : resolve(response),
        );
      }),
    matches: sameEcho,
    close: () => stub.close(),
  };
});

import { credentials } from "@grpc/grpc-js";
import { clientProgram } from "../../driver/client-program.js";
import { deadlineMs, type Echo, echo, sameEcho } from "../../driver/payload.js";
import { BenchService } from "./stub.js";

/** gRPC in JavaScript: one channel that is kept, a typed stub, a deadline for each call. */
await clientProgram(async (endpoint) => {
  const stub = new BenchService(endpoint, credentials.createInsecure(), {
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.use_local_subchannel_pool": 1,
  });
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

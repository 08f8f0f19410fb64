import { Server, ServerCredentials } from "@grpc/grpc-js";
import { text } from "../../driver/payload.js";
import { serverProgram } from "../../driver/server-program.js";
import { endAfter } from "../../driver/streams.js";
import type { BenchServiceHandlers } from "../../gen/grpc-js/bench/v1/BenchService.js";
import { BenchService } from "./stub.js";

const handlers: BenchServiceHandlers = {
  Echo: ({ request: { sequence, text } }, callback) => callback(null, { sequence, text }),
  Stream: (call) => {
    const last = endAfter(call.request.durationMs);
    let sequence = 0;
    const write = () => {
      for (let writable = true; writable; ) {
        sequence++;
        writable = call.write({ sequence, text });
        if (last(sequence)) {
          call.end();
          return;
        }
      }
      call.once("drain", write);
    };
    write();
  },
  Chat: (call) => {
    call.on("data", ({ sequence, text }) => call.write({ sequence, text }));
    call.on("end", () => call.end());
  },
};

/** gRPC in JavaScript: grpc-js's server. */
await serverProgram(async () => {
  const server = new Server({ "grpc.enable_channelz": 0 });
  server.addService(BenchService.service, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { endpoint: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
});

import { memoryNetwork } from "../../src/socket/memory-socket.js";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { faults } from "../../src/testing/index.js";
import { testSocketContract } from "./socket.js";

testSocketContract({
  name: "memory behind faults that don't happen",
  create: (onError) => faults({ network: memoryNetwork({ onError }), onError }),
  endpoint: () => "memory://*",
  malformed: "memory:greeter",
});

testSocketContract({
  name: "memory with delays",
  create: (onError) => faults({ network: memoryNetwork({ onError }), delayMs: [0, 1], onError }),
  endpoint: () => "memory://*",
  malformed: "memory:greeter",
});

testSocketContract({
  name: "zmq over tcp behind faults that don't happen",
  create: (onError) => faults({ network: zmqSockets({ onError }), onError }),
  endpoint: () => "tcp://127.0.0.1:*",
  malformed: "tcp://127.0.0.1:http",
});

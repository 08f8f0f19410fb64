import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryNetwork } from "../../src/socket/memory-socket.js";
import { tapped } from "../../src/socket/tap.js";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { type SocketCase, testSocketContract } from "./socket.js";

const cases: SocketCase[] = [
  {
    name: "zmq over tcp",
    create: (onError) => zmqSockets({ onError }),
    endpoint: () => "tcp://127.0.0.1:*",
    malformed: "tcp://127.0.0.1:http",
  },
  {
    name: "zmq over ipc",
    create: (onError) => zmqSockets({ onError }),
    endpoint: () => `ipc://${join(tmpdir(), `${randomUUID()}.sock`)}`,
    malformed: `ipc:///${"long".repeat(27)}`,
  },
  {
    name: "zmq over inproc",
    create: (onError) => zmqSockets({ onError }),
    endpoint: () => `inproc://${randomUUID()}`,
    malformed: "inproc:/greeter",
  },
  {
    name: "memory",
    create: (onError) => memoryNetwork({ onError }),
    endpoint: () => "memory://*",
    malformed: "memory:greeter",
  },
];

for (const socketCase of cases) {
  testSocketContract(socketCase);
  testSocketContract({
    ...socketCase,
    name: `${socketCase.name}, tapped`,
    create: (onError) => tapped(socketCase.create(onError), ({ parts }) => parts, onError),
  });
}

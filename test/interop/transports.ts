import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SocketFactory } from "../../src/index.js";
import { composeSockets } from "../../src/socket/compose-sockets.js";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { memoryNetwork } from "../../src/testing/index.js";

/** One way that the cases' calls travel. */
export interface InteropTransport {
  readonly name: string;
  readonly sockets: SocketFactory;
  /** An endpoint to listen on that nobody else uses. */
  endpoint(): string;
}

const zmq = zmqSockets();
const real = composeSockets({ tcp: zmq, ipc: zmq });

export const transports: readonly InteropTransport[] = [
  { name: "tcp", sockets: real, endpoint: () => "tcp://127.0.0.1:*" },
  { name: "ipc", sockets: real, endpoint: () => `ipc://${join(tmpdir(), `${randomUUID()}.sock`)}` },
  { name: "memory", sockets: memoryNetwork(), endpoint: () => "memory://*" },
];

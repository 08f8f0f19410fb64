import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SocketFactory } from "../../src/index.js";
import { memoryNetwork, zmqSockets } from "../../src/testing/index.js";

/** One way that the cases' calls travel. */
export interface InteropTransport {
  readonly name: string;
  readonly sockets: SocketFactory;
  /** An endpoint to listen on that nobody else uses. */
  endpoint(): string;
}

const real = zmqSockets();

export const transports: readonly InteropTransport[] = [
  { name: "tcp", sockets: real, endpoint: () => "tcp://127.0.0.1:*" },
  { name: "ipc", sockets: real, endpoint: () => `ipc://${join(tmpdir(), `${randomUUID()}.sock`)}` },
  { name: "memory", sockets: memoryNetwork(), endpoint: () => "memory://*" },
];

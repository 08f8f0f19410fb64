/**
 * A process of its own for socket-process.test.ts. `listen` answers every message with itself; `dial <endpoint>`
 * sends "hello" and reports what it gets. It blocks its event loop for the milliseconds that a message
 * "block <ms>" asks for, before it answers. Any message of its parent's makes it exit with its sockets open.
 */
import { randomBytes } from "node:crypto";
import { zmqSockets } from "../../src/socket/zmq-socket.js";

const [role, endpoint = "tcp://127.0.0.1:*"] = process.argv.slice(2);
const sockets = zmqSockets();

process.once("message", () => process.exit(0));

function block(text: string): void {
  const ms = /^block (\d+)$/.exec(text)?.[1];
  if (ms) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
}

if (role === "listen") {
  const listener = await sockets.listen(endpoint, {
    message(routingId, parts) {
      block(String(parts[0]));
      listener.send(routingId, parts);
    },
    left: () => {},
  });
  process.send?.(listener.endpoint);
} else {
  const dialer = sockets.dial(
    endpoint,
    { opened: () => {}, message: (parts) => process.send?.(String(parts[0])), closed: () => {} },
    { routingId: randomBytes(16) },
  );
  dialer.send([Buffer.from("hello")]);
}

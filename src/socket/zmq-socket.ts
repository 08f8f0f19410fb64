import type { SocketFactory } from "./socket.js";
import { zmqDial } from "./zmq-dialer.js";
import { zmqListen } from "./zmq-listener.js";
import { prepareContext, type ZmqOptions, zmqSettings } from "./zmq-options.js";
import { zmqProbe } from "./zmq-probe.js";

/**
 * Sockets of ZeroMQ for `tcp://`, `ipc://` and `inproc://` endpoints.
 *
 * A tcp host may be a name; its first IPv4 address is used, or its first IPv6 address if it has no other.
 * An inproc endpoint is known within one thread. An open socket keeps the process alive; a worker thread must close
 * its sockets before it ends, as ZeroMQ's binding aborts the whole process otherwise.
 */
export function zmqSockets(options: ZmqOptions = {}): SocketFactory {
  const settings = zmqSettings(options);
  prepareContext();
  return {
    listen: (endpoint, events) => zmqListen(endpoint, events, settings),
    dial: (endpoint, events, dialOptions) => zmqDial(endpoint, events, dialOptions, settings),
    probe: (endpoint, timeoutMs) => zmqProbe(endpoint, timeoutMs, settings),
  };
}

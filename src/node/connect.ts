import { backoffFrom } from "../core/backoff.js";
import { checkOptionNames } from "../core/option-names.js";
import { checkEndpoints } from "../naming/endpoint.js";
import { Connection } from "../rpc/client/connection.js";
import { schemaCheck } from "../rpc/client/schema-check.js";
import type { Transport } from "../rpc/transport.js";
import { parseEndpoint } from "../socket/resolve.js";
import { checkReach, checkSecurity } from "../socket/security.js";
import type { ExpectedServer } from "../wire/handshake.js";
import {
  CONNECT_TIMEOUT_MS,
  type ConnectOptions,
  checkMs,
  checkName,
  connectOptionNames,
} from "./options.js";
import { makeParts } from "./parts.js";

/** A way to servers whose endpoints are known. Takes the place of a node in `createClient`. */
export interface ClientConnection extends Transport, AsyncDisposable {
  /** Ends all calls with CANCELLED and closes all sockets. Always ends; closing twice awaits the first. */
  close(): Promise<void>;
}

/**
 * Tells where the servers are: the first endpoint that answers is used, where each has a head start of 200 ms before the
 * next, and the others when it fails. Does no I/O: the connection is made by the first call, and made again, with
 * backoff, whenever it breaks.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option and says what to write instead
 */
export function connectTo(endpoints: readonly string[], options: ConnectOptions): ClientConnection {
  return connectToInstance(endpoints, undefined, options);
}

/** As `connectTo`; of those that listen there only this life of this instance answers, any when it is undefined. */
export function connectToInstance(
  endpoints: readonly string[],
  expect: ExpectedServer | undefined,
  options: ConnectOptions,
): ClientConnection {
  checkEndpoints(endpoints);
  const security = checkSecurity(options?.security);
  checkOptionNames("connectTo()", options, connectOptionNames);
  for (const endpoint of endpoints) {
    if (options.network === undefined) parseEndpoint(endpoint, "dial");
    checkReach(security, endpoint, "connect to");
  }
  const { self, sockets, shared, clock, stallMs } = makeParts(checkName(options.name ?? "client"), options);
  return new Connection({
    endpoints: [...endpoints],
    expect,
    self,
    sockets,
    shared,
    clock,
    backoff: backoffFrom(options.backoff),
    stallMs,
    judge: (service, session, connection) => schemaCheck.judge(service, session, connection),
    connectTimeoutMs: checkMs("connectTimeoutMs", options.connectTimeoutMs, CONNECT_TIMEOUT_MS),
  });
}

import {
  type ClientConnection,
  type ConnectOptions,
  connectTo,
  createClient,
  insecure,
} from "../../src/index.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

/** A client of EchoService and its connection, which the test closes. */
export function echoClient(endpoints: string | readonly string[], options: Partial<ConnectOptions> = {}) {
  const connection: ClientConnection = connectTo(typeof endpoints === "string" ? [endpoints] : endpoints, {
    security: insecure(),
    ...options,
  });
  return { connection, client: createClient(connection, EchoService) };
}

import {
  type Clock,
  type CloseNodeOptions,
  createNode,
  insecure,
  type LimitOptions,
  type SocketFactory,
  serve,
} from "../../src/index.js";
import { ControlService } from "../gen/heliograph/test/interop/v1/control_heliograph.js";
import { TestService } from "../gen/heliograph/test/interop/v1/test_heliograph.js";
import { interopHandlers } from "./handlers.js";

/** What a case wants of a server beside the usual. */
export interface ServerSetup {
  /** Where it listens, when it comes back. Default: wherever nobody does. */
  readonly endpoint?: string;
  /** What it says to `fill_server_id`. Default `server`. */
  readonly id?: string;
  readonly limits?: LimitOptions;
  /** Unary calls that run at a time. */
  readonly maxConcurrent?: number;
  readonly clock?: Clock;
  /**
   * Connections to it are broken off in the middle: what its socket still holds of a client may come after the news that
   * the client is gone, and is then a session that begins without HELLO.
   */
  readonly brokenOff?: boolean;
}

/** A server of the interop cases. */
export interface InteropServer {
  readonly endpoint: string;
  /** Drains it. */
  close(options?: CloseNodeOptions): Promise<void>;
  /** What went wrong in it that no case asked for: handlers that failed, sessions ended by a fault. */
  readonly troubles: string[];
}

/** Serves TestService and ControlService. UnimplementedService is served by nobody. */
export async function startServer(
  endpoint: string,
  network: SocketFactory,
  setup: ServerSetup = {},
): Promise<InteropServer> {
  const { id = "server", limits, clock, maxConcurrent, brokenOff = false } = setup;
  const troubles: string[] = [];
  const note = (fields: object, text: string) => {
    const trouble = `${text}: ${JSON.stringify(fields, showError)}`;
    if (!(brokenOff && trouble.includes("a session begins with HELLO"))) troubles.push(trouble);
  };
  const node = createNode({
    name: id,
    security: insecure(),
    network,
    limits,
    clock,
    logger: { debug() {}, info() {}, warn: note, error: note },
  });
  const handlers = interopHandlers(id);
  const served = await serve(node, TestService, handlers.test, { endpoint, maxConcurrent });
  await serve(node, ControlService, handlers.control);
  return { endpoint: served.endpoints[0] ?? endpoint, troubles, close: (options) => node.close(options) };
}

function showError(_key: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}

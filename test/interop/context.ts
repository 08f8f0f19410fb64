import {
  type Client,
  type ClientConnection,
  type ConnectOptions,
  connectTo,
  createClient,
  insecure,
  type SocketFactory,
} from "../../src/index.js";
import type { AwaitCallsRequest, CallReport } from "../gen/heliograph/test/interop/v1/control.js";
import { ControlService } from "../gen/heliograph/test/interop/v1/control_heliograph.js";
import { TestService, UnimplementedService } from "../gen/heliograph/test/interop/v1/test_heliograph.js";
import { type InteropServer, type ServerSetup, startServer } from "./server.js";
import type { InteropTransport } from "./transports.js";

/** A connection and the clients that a case calls over it. */
export interface InteropClient {
  readonly connection: ClientConnection;
  readonly test: Client<typeof TestService>;
  readonly unimplemented: Client<typeof UnimplementedService>;
  /** What the server knows of the calls of this name, once they have come so far. */
  reached(call: string, wanted: Partial<Omit<AwaitCallsRequest, "call">>): Promise<CallReport>;
  /** Lets the calls of this name go on. */
  release(call: string): Promise<void>;
}

/** What a case has to work with. All that it starts is closed after it. */
export interface CaseContext {
  /** The transport's sockets, for what stands between a client and them. */
  readonly sockets: SocketFactory;
  start(setup?: ServerSetup): Promise<InteropServer>;
  connect(endpoints: readonly string[], options?: Partial<ConnectOptions>): InteropClient;
  /** A server, and a client whose connection stands. */
  pair(
    setup?: ServerSetup,
    options?: Partial<ConnectOptions>,
  ): Promise<InteropClient & { readonly server: InteropServer }>;
}

/** A case's context, and its end. */
export interface OpenContext extends CaseContext {
  /** Closes all that was started; says what the servers had trouble with. */
  close(): Promise<string[]>;
}

/** A context whose calls travel that way. */
export function openContext({ sockets, endpoint }: InteropTransport): OpenContext {
  const connections: ClientConnection[] = [];
  const servers: InteropServer[] = [];

  const self: OpenContext = {
    sockets,
    async start(setup = {}) {
      const server = await startServer(setup.endpoint ?? endpoint(), sockets, setup);
      servers.push(server);
      return server;
    },
    connect(endpoints, options = {}) {
      const connection = connectTo(endpoints, { security: insecure(), network: sockets, ...options });
      connections.push(connection);
      const control = createClient(connection, ControlService);
      return {
        connection,
        test: createClient(connection, TestService),
        unimplemented: createClient(connection, UnimplementedService),
        reached: (call, wanted) => control.awaitCalls({ call, ...wanted }),
        release: async (call) => void (await control.releaseCalls({ call })),
      };
    },
    async pair(setup, options) {
      const server = await self.start(setup);
      const client = self.connect([server.endpoint], options);
      await client.test.emptyCall({});
      return { ...client, server };
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all(servers.map((server) => server.close({ graceMs: 0 })));
      return servers.flatMap(({ troubles }) => troubles);
    },
  };
  return self;
}

import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, expect, test } from "vitest";
import { Router } from "zeromq";
import { RegistryService } from "../../../src/gen/heliograph/discovery/v1/registry_heliograph.js";
import {
  Code,
  connectTo,
  createClient,
  insecure,
  type NodeStatus,
  serve,
  serveRegistry,
} from "../../../src/index.js";
import { failure, never } from "../../contract/rpc-harness.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { Random } from "../../support/random.js";
import { until, within } from "../../support/within.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";

const SEED = 3;
const handlers = { echo: () => EchoResponse.create({ text: "echo" }) };

/** Something else at the endpoint of a registry; it counts who comes. */
interface Impostor extends AsyncDisposable {
  readonly endpoint: string;
  readonly visits: () => number;
}

async function impostor(server: Server): Promise<Impostor> {
  let visits = 0;
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    visits++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits: () => visits,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Speaks ZeroMQ, and nothing else that makes sense. */
async function babbler(): Promise<Impostor> {
  const random = new Random(SEED);
  const socket = new Router({ linger: 0 });
  await socket.bind("tcp://127.0.0.1:*");
  const endpoint = socket.lastEndpoint ?? "";
  let visits = 0;
  let closing: Promise<void> | undefined;
  const close = async () => {
    // Frees the port; a ZeroMQ socket alone takes its time.
    await socket.unbind(endpoint);
    socket.close();
  };
  void (async () => {
    for await (const [id] of socket) {
      visits++;
      if (id === undefined) continue;
      const parts = Array.from({ length: 1 + random.below(3) }, () => random.bytes(random.below(200)));
      await socket.send([id, ...parts]).catch(() => {});
    }
  })();
  return {
    endpoint,
    visits: () => visits,
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}

/** A server that knows nothing of registries, or whose registry says nothing. */
async function server(scene: Scene, mute: boolean): Promise<Impostor> {
  let visits = 0;
  const node = scene.node("server", []);
  const count = () => {
    visits++;
    return never();
  };
  async function* silence() {
    await count();
    yield* [];
  }
  const { endpoints } = mute
    ? await serve(node, RegistryService, { register: silence, watch: silence, list: count })
    : await serve(node, EchoService, handlers);
  const [endpoint = ""] = endpoints;
  return { endpoint, visits: () => visits, [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) };
}

const impostors: readonly (readonly [string, RegExp, (scene: Scene) => Promise<Impostor>])[] = [
  [
    "a web server",
    /handshake/,
    () => impostor(createHttpServer((_request, response) => response.end("hello"))),
  ],
  [
    "somebody who never says a word",
    // The call and the connection to the registry give up after the same time: whichever is first says why.
    /nobody has said|did not answer/,
    () => impostor(createServer((socket) => socket.resume())),
  ],
  ["somebody who hangs up", /handshake|broke/, () => impostor(createServer((socket) => socket.destroy()))],
  ["somebody who speaks ZeroMQ, and nonsense", /./, babbler],
  ["a server that is no registry", /RegistryService/, (scene) => server(scene, false)],
  ["a registry that says nothing", /nobody has said|not answered/, (scene) => server(scene, true)],
];

describe.concurrent.each(impostors)("where a registry should be there is %s", (_, why, start) => {
  test("a node says so, serves all the same, bothers it little, and finds others once a registry is there", async () => {
    await using scene = new Scene();
    const found = scene.own(await start(scene));
    const registries = [found.endpoint];
    const [one, other] = [scene.node("one", registries), scene.node("other", registries)];
    const news: NodeStatus[] = [];
    void (async () => {
      for await (const status of one.status()) if (status.kind.startsWith("registry-")) news.push(status);
    })();
    const client = createClient(other, EchoService);
    const [{ endpoints }, error] = await Promise.all([
      within(20_000, "a node to serve", serve(one, EchoService, handlers)),
      within(20_000, "a call to fail", failure(client.echo({}, { timeoutMs: 5_000 }))),
    ]);
    const direct = scene.own(connectTo(endpoints, { security: insecure() }));
    expect(await createClient(direct, EchoService).echo({})).toMatchObject({ text: "echo" });
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toMatch(why);
    await until(20_000, "the node to say so", () => news.some(({ kind }) => kind === "registry-lost"));
    const before = found.visits();
    await pass(1_000);
    // Two nodes, with up to three streams each.
    expect(found.visits() - before).toBeLessThan(30);

    await found[Symbol.asyncDispose]();
    const registry = scene.node("registry", []);
    await serveRegistry(registry, { endpoint: found.endpoint, heartbeatMs: 200 });
    expect(await client.echo({}, { waitForReady: true, timeoutMs: 15_000 })).toMatchObject({ text: "echo" });
    await within(3_000, "the nodes to close", Promise.all([one.close(), other.close()]));
  });
});

test("where the registry of the machine should be there is a web server: nodes say so, and serve it once that is gone", async () => {
  await using scene = new Scene();
  const found = scene.own(await impostor(createHttpServer((_request, response) => response.end("hello"))));
  const registries = [found.endpoint.replace("tcp://127.0.0.1", "local")];
  const [one, other] = [scene.node("one", registries), scene.node("other", registries)];
  await within(20_000, "a node to serve", serve(one, EchoService, handlers));
  const client = createClient(other, EchoService);
  const error = await within(20_000, "a call to fail", failure(client.echo({})));
  expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE" });
  await found[Symbol.asyncDispose]();
  expect(await client.echo({}, { waitForReady: true, timeoutMs: 15_000 })).toMatchObject({ text: "echo" });
});

import {
  Code,
  connectTo,
  createClient,
  createNode,
  detail,
  HeliographError,
  insecure,
  serve,
} from "heliograph";
import { memoryNetwork } from "heliograph/testing";
import { UnknownCake } from "../../examples/gen/example/v1/bakery.js";
import { BakeryService } from "../../examples/gen/example/v1/bakery_heliograph.js";
import { CounterService } from "../../examples/gen/example/v1/counter_heliograph.js";
import { GreeterService } from "../../examples/gen/example/v1/greeter_heliograph.js";
import { MachineService } from "../../examples/gen/example/v1/machine_heliograph.js";

const ENDPOINT = "memory://examples";

/** What the snippets of the pages name without making it. The test copies this file beside them. */
export async function fixtures() {
  const network = memoryNetwork();
  // Snippets find those that they make, and no others.
  const server = createNode({ name: "examples", security: insecure(), network, registries: [] });
  await serve(
    server,
    GreeterService,
    {
      greet: ({ name }, ctx) => {
        if (name === "") {
          throw new HeliographError(Code.InvalidArgument, "name is missing", { reason: "NAME_MISSING" });
        }
        ctx.responseMetadata.set("served-by", "greeter-1");
        ctx.trailers.set("cost", "3");
        return { text: `Hello, ${name}!` };
      },
    },
    { endpoint: ENDPOINT },
  );
  await serve(server, BakeryService, {
    bake: async ({ cake, durationMs }, ctx) => {
      if (cake !== "sponge") {
        throw new HeliographError(Code.NotFound, `no recipe for "${cake}"`, {
          reason: "CAKE_UNKNOWN",
          details: [detail(UnknownCake, { cake, knownCakes: ["sponge"] })],
        });
      }
      await ctx.sleep(durationMs);
      return { cake };
    },
  });
  await serve(server, MachineService, {
    load: () => ({
      cpuPercent: 12.5,
      cores: 8,
      memoryTotalBytes: 34_359_738_368n,
      memoryFreeBytes: 8_589_934_592n,
    }),
  });
  let value = 0;
  await serve(server, CounterService, {
    async *count({ to, pauseMs }, ctx) {
      ctx.responseMetadata.set("served-by", "counter-1");
      for (let n = 1; n <= to; n++) {
        await ctx.sleep(pauseMs);
        yield { n };
      }
      ctx.trailers.set("counted", String(to));
    },
    sum: async (requests) => {
      let total = 0;
      for await (const { n } of requests) total += n;
      value += total;
      return { total, value };
    },
    async *chat(requests) {
      for await (const { n } of requests) {
        if (n === 0) throw new HeliographError(Code.InvalidArgument, "0 changes nothing", { reason: "ZERO" });
        value += n;
        yield { value };
      }
    },
  });
  const node = createNode({ name: "snippet", security: insecure(), network });
  const connection = connectTo([ENDPOINT], { security: insecure(), network });
  return {
    /** Serves nothing yet. */
    node,
    network,
    connection,
    greeter: createClient(connection, GreeterService),
    bakery: createClient(connection, BakeryService),
    counter: createClient(connection, CounterService),
    machine: createClient(connection, MachineService),
    close: async () => {
      await connection.close();
      await Promise.all([server.close(), node.close()]);
    },
  };
}

import { connectTo, createClient, createNode, insecure, rateLimit, runNode, serve } from "heliograph";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";
import { WorkerService } from "../gen/example/v1/worker_heliograph.js";
import { authenticated, user } from "./authenticated.js";

const node = createNode({ name: "bakery", security: insecure() });
await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const oven = createClient(connection, WorkerService);

/** Of each user; and one more every ten seconds. */
const sixCalls = rateLimit({ perSecond: 0.1, burst: 6, key: ({ values }) => values.get(user) });

const { endpoints } = await serve(
  node,
  BakeryService,
  {
    bake: async ({ cake, durationMs }, ctx) => {
      ctx.responseMetadata.set("baked-for", ctx.values.get(user));
      await ctx.sleep(100);
      // With `parent` the oven has as much time as is left of this call, and stops when its caller goes.
      await oven.work(
        { durationMs },
        {
          parent: ctx,
          onTrailer: (trailers) => ctx.trailers.set("oven-left-ms", trailers.text("left-ms") ?? ""),
        },
      );
      return { cake };
    },
  },
  { interceptors: [authenticated, sixCalls] },
);
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

import { createNode, insecure, runNode, serve } from "heliograph";
import type { Bake } from "../gen/example/v1/bakery.js";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

const node = createNode({ name: `bakery-${process.pid}`, security: insecure() });
const bakes: Bake[] = [];

const { endpoints } = await serve(node, BakeryService, {
  bake: async ({ cake, durationMs }, ctx) => {
    bakes.push({ cake, outcome: "in the oven", afterMs: durationMs });
    await ctx.sleep(durationMs);
    return { cake };
  },
  // NO_SIDE_EFFECTS, says bakery.proto: it may be called again.
  listBakes: async (_request, ctx) => {
    ctx.responseMetadata.set("pid", `${process.pid}`);
    await ctx.sleep(400);
    return { bakes };
  },
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

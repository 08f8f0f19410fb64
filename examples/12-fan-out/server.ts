import { createNode, insecure, runNode, serve } from "heliograph";
import type { Bake } from "../gen/example/v1/bakery.js";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

const node = createNode({ name: `bakery-${process.pid}`, security: insecure() });
const bakes: Bake[] = [];

const { endpoints } = await serve(node, BakeryService, {
  bake: async ({ cake, durationMs }, ctx) => {
    if (ctx.requestMetadata.text("slow") === node.name) await ctx.sleep(durationMs);
    bakes.push({ cake, outcome: "baked", afterMs: durationMs });
    return { cake };
  },
  listBakes: () => ({ bakes }),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

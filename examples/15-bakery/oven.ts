import { createNode, insecure, runNode, serve } from "heliograph";
import { OvenService } from "../gen/example/v1/shop_heliograph.js";

const node = createNode({ name: process.argv[2] ?? "oven", security: insecure() });

await serve(node, OvenService, {
  bake: async (_request, ctx) => {
    // Ends early when nobody waits for the cake any more.
    await ctx.sleep(20);
    return { hands: [node.name] };
  },
});
console.log(`${node.name} is open`);
await runNode(node); // at SIGTERM it tells others, and takes out what is in the oven

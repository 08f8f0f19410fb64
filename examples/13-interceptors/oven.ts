import { createNode, insecure, runNode, serve } from "heliograph";
import { WorkerService } from "../gen/example/v1/worker_heliograph.js";

const node = createNode({ name: "oven", security: insecure() });

const { endpoints } = await serve(node, WorkerService, {
  work: async ({ durationMs }, ctx) => {
    ctx.trailers.set("left-ms", `${Math.round(ctx.remainingMs())}`);
    await ctx.sleep(durationMs);
    return { pid: process.pid };
  },
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

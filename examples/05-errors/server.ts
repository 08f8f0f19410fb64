import { Code, createNode, detail, HeliographError, insecure, runNode, serve } from "heliograph";
import { type Bake, UnknownCake } from "../gen/example/v1/bakery.js";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

const knownCakes = ["apple pie", "sponge"];
const bakes: Bake[] = [];
const node = createNode({ name: "bakery", security: insecure() });

const { endpoints } = await serve(node, BakeryService, {
  bake: async ({ cake, durationMs }, ctx) => {
    if (!knownCakes.includes(cake)) {
      throw new HeliographError(Code.NotFound, `no recipe for "${cake}"`, {
        reason: "CAKE_UNKNOWN",
        details: [detail(UnknownCake, { cake, knownCakes })],
      });
    }
    const started = performance.now();
    const ended = (outcome: string) => {
      bakes.push({ cake, outcome, afterMs: Math.round(performance.now() - started) });
    };
    // The caller gave up or has no time left: the oven need not stay on.
    ctx.signal.addEventListener("abort", () => ended(HeliographError.from(ctx.signal.reason).reason));
    await ctx.sleep(durationMs);
    ended("baked");
    return { cake };
  },
  listBakes: () => ({ bakes }),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

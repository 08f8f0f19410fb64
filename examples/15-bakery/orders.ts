import { randomUUID } from "node:crypto";
import { createClient, createNode, insecure, retry, runNode, serve } from "heliograph";
import { OrderService, OvenService, PriceService, StockService } from "../gen/example/v1/shop_heliograph.js";

const node = createNode({ name: process.argv[2] ?? "orders", security: insecure() });
const interceptors = [retry({ backoff: { initialMs: 50 } })];
const prices = createClient(node, PriceService, { interceptors });
const stock = createClient(node, StockService, { interceptors });
const oven = createClient(node, OvenService, { interceptors });

await serve(node, OrderService, {
  place: async ({ cake }, ctx) => {
    // Each call has the time that is left to this one, and ends with it. While nobody serves it, it waits.
    const options = { parent: ctx, waitForReady: true };
    const [{ cents, hands }, took] = await Promise.all([
      prices.quote({ cake }, options),
      stock.take({ orderId: randomUUID() }, options),
    ]);
    const baked = await oven.bake({ cake }, options);
    return { cents, hands: [node.name, ...hands, ...took.hands, ...baked.hands] };
  },
});
console.log(`${node.name} is open`);
await runNode(node);

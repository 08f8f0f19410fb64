import { createClient, createNode, insecure, retry, runNode, serve } from "heliograph";
import { OrderService, PriceService, ShopService, StockService } from "../gen/example/v1/shop_heliograph.js";

const node = createNode({ name: process.argv[2] ?? "shop", security: insecure() });
// Nobody says where they are: the node finds whoever serves them, now and later. Retries repeat what may be
// repeated: reads, what is IDEMPOTENT, and what surely was not done.
const interceptors = [retry({ backoff: { initialMs: 50 } })];
const prices = createClient(node, PriceService, { interceptors });
const stock = createClient(node, StockService, { interceptors });
const orders = createClient(node, OrderService, { interceptors });

await serve(node, ShopService, {
  menu: async (_request, ctx) => {
    const cake = "sponge";
    // Each call has the time that is left to this one, and ends with it. While nobody serves it, it waits.
    const options = { parent: ctx, waitForReady: true };
    const [price, store] = await Promise.all([prices.quote({ cake }, options), stock.count({}, options)]);
    const hands = [node.name, ...price.hands, ...store.hands];
    return { cake, cents: price.cents, left: store.left, hands };
  },
  buy: async ({ cake }, ctx) => {
    const { cents, hands } = await orders.place({ cake }, { parent: ctx, waitForReady: true });
    return { cents, hands: [node.name, ...hands] };
  },
});
console.log(`${node.name} is open`);
await runNode(node);

import { createNode, insecure, runNode, serve } from "heliograph";
import { StockService } from "../gen/example/v1/shop_heliograph.js";

const node = createNode({ name: process.argv[2] ?? "stock", security: insecure() });
const flourForCakes = 1_000_000;
const taken = new Set<string>();

await serve(node, StockService, {
  count: () => ({ left: flourForCakes - taken.size, hands: [node.name] }),
  // A set, so that an order that comes twice takes no more.
  take: ({ orderId }) => {
    taken.add(orderId);
    return { hands: [node.name] };
  },
});
console.log(`${node.name} is open`);
await runNode(node);

import { Code, createNode, HeliographError, insecure, runNode, serve } from "heliograph";
import { PriceService } from "../gen/example/v1/shop_heliograph.js";

const node = createNode({ name: process.argv[2] ?? "prices", security: insecure() });
const cents = new Map([
  ["sponge", 450],
  ["apple pie", 520],
]);

await serve(node, PriceService, {
  quote: ({ cake }) => {
    const price = cents.get(cake);
    if (price === undefined) {
      throw new HeliographError(Code.NotFound, `no price for "${cake}"`, { reason: "CAKE_UNKNOWN" });
    }
    return { cents: price, hands: [node.name] };
  },
});
console.log(`${node.name} is open`);
await runNode(node);

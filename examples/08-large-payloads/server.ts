import { createHash } from "node:crypto";
import { createNode, insecure, runNode, serve } from "heliograph";
import { StoreService } from "../gen/example/v1/store_heliograph.js";

const node = createNode({ name: "store", security: insecure() });

const { endpoints } = await serve(node, StoreService, {
  put: ({ data }) => ({
    sizeBytes: BigInt(data.length),
    sha256: createHash("sha256").update(data).digest("hex"),
  }),
  ping: () => ({}),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

import { webcrypto } from "node:crypto";
import { createNode, insecure, runNode, serve } from "heliograph";
import { StoreService } from "../gen/example/v1/store_heliograph.js";

const node = createNode({ name: "store", security: insecure() });

const { endpoints } = await serve(node, StoreService, {
  put: async ({ data }) => {
    // Hashed on another thread: what a handler computes on this one, all other calls wait for.
    const hash = await webcrypto.subtle.digest("SHA-256", data);
    return { sizeBytes: BigInt(data.length), sha256: Buffer.from(hash).toString("hex") };
  },
  ping: () => ({}),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

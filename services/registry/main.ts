/**
 * A registry as a program of its own, for networks and containers; on one machine nobody has to start it.
 *
 *   main.ts --endpoint tcp://0.0.0.0:7700 --remote
 *
 * The environment may say the same: REGISTRY_ENDPOINT, REGISTRY_HEARTBEAT_MS, REGISTRY_REMOTE=true.
 */
import { parseArgs } from "node:util";
import { createNode, insecure, runNode, serveRegistry } from "heliograph";

const { REGISTRY_ENDPOINT, REGISTRY_HEARTBEAT_MS, REGISTRY_REMOTE } = process.env;
const { values } = parseArgs({
  options: {
    endpoint: { type: "string", default: REGISTRY_ENDPOINT ?? "tcp://127.0.0.1:7700" },
    "heartbeat-ms": { type: "string", default: REGISTRY_HEARTBEAT_MS ?? "1000" },
    remote: { type: "boolean", default: REGISTRY_REMOTE === "true" },
  },
});

const node = createNode({
  name: "registry",
  security: insecure({ remote: values.remote }),
  registries: [],
});
const { endpoints } = await serveRegistry(node, {
  endpoint: values.endpoint,
  heartbeatMs: Number(values["heartbeat-ms"]),
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

import { createNode, insecure, serve, serveRegistry } from "heliograph";
import { serverProgram } from "../../driver/server-program.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

const endpoint = "tcp://127.0.0.1:*";

/** Heliograph: as many nodes as the first argument says, which serve the same and are found through a registry. */
await serverProgram(async () => {
  const security = insecure();
  const registry = createNode({ name: "registry", security, registries: [] });
  const { endpoints } = await serveRegistry(registry, { endpoint });
  const nodes = Array.from({ length: Number(process.argv[2]) }, () =>
    createNode({ name: "bench", security, registries: endpoints }),
  );
  for (const node of nodes) {
    const handlers = {
      echo: ({ sequence, text }: { sequence: number; text: string }) => ({ sequence, text }),
    };
    await serve(node, BenchService, handlers, { endpoint });
    await node.announced();
  }
  return {
    endpoint: endpoints[0]!,
    close: () => Promise.all([...nodes, registry].map((node) => node.close())),
  };
});

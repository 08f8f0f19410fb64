/** A node in a process of its own, known to a registry. Started by `startChild`; told to `block` its loop, or to `close`. */
import { createNode, insecure, serve } from "../../src/index.js";
import { EchoResponse } from "../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

export interface RegisteredNodeOptions {
  readonly registry: string;
}

const { registry } = JSON.parse(process.argv[2] ?? "{}") as RegisteredNodeOptions;
const node = createNode({ name: "echo", security: insecure(), registries: [registry] });
const { endpoints } = await serve(node, EchoService, { echo: ({ text }) => EchoResponse.create({ text }) });
await node.announced();

process.on("disconnect", () => process.exit());
process.on("message", ({ kind, ms = 0 }: { readonly kind: string; readonly ms?: number }) => {
  if (kind === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  if (kind === "close") void node.close().then(() => process.disconnect());
});
process.send?.({ kind: "ready", endpoint: endpoints[0] });

/** A server that ends as its signals say: reports where it listens, when a call has begun, and when it is closing. */
import { createNode, insecure, runNode, serve } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

const node = createNode({ name: "run", security: insecure() });
const served = await serve(node, CallService, {
  call: (_note, ctx) =>
    new Promise<Note>((resolve) => {
      process.send?.({ kind: "began" });
      // Ends when the node is told to close, so that the answer proves the drain.
      process.once("SIGTERM", () => setImmediate(() => resolve(Note.create({ text: "drained" }))));
      ctx.signal.addEventListener("abort", () => process.send?.({ kind: "aborted" }));
    }),
  other: () => {
    process.send?.({ kind: "began" });
    return new Promise<never>(() => {});
  },
});
process.once("message", () => void node.close());
process.send?.({ kind: "ready", endpoint: served.endpoints[0] });
await runNode(node, { graceMs: 60_000 });
// What listens to the parent holds the process.
process.disconnect?.();

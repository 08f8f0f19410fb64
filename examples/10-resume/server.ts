import { EventEmitter, on } from "node:events";
import { createNode, insecure, runNode, serve } from "heliograph";
import { CounterService } from "../gen/example/v1/counter_heliograph.js";

const node = createNode({ name: "counter", security: insecure() });
const changes = new EventEmitter<{ change: [value: number] }>();
let value = 0;

const served = await serve(node, CounterService, {
  // What makes it resume is the option `resumable` in counter.proto: nothing here knows of lost connections.
  async *watch(_request, ctx) {
    const later = on(changes, "change", { signal: ctx.signal });
    yield { value };
    for await (const [value] of later) yield { value };
  },
  // Has no such option.
  async *count({ to, pauseMs }, ctx) {
    for (let n = 1; n <= to; n++) {
      await ctx.sleep(pauseMs);
      yield { n };
    }
  },
  async *chat(requests) {
    for await (const { n } of requests) {
      value += n;
      changes.emit("change", value);
      yield { value };
    }
  },
});
console.log(JSON.stringify({ endpoint: served.endpoints[0] }));
await runNode(node);

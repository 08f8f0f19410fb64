import { createNode, insecure, runNode, serve } from "heliograph";
import { CounterService } from "../gen/example/v1/counter_heliograph.js";

const node = createNode({ name: "counter", security: insecure() });
let value = 0;
const count = { to: 0, stopped: false };

const { endpoints } = await serve(node, CounterService, {
  async *count({ to, pauseMs }, ctx) {
    count.stopped = false;
    try {
      for (count.to = 1; count.to <= to; count.to++) {
        if (pauseMs > 0) await ctx.sleep(pauseMs);
        // Goes on when there is room: not while the reader is far behind.
        yield { n: count.to };
      }
    } finally {
      // Also when the reader has left its loop, or is gone.
      count.stopped = true;
    }
  },
  sum: async (requests) => {
    let total = 0;
    for await (const { n } of requests) total += n;
    value += total;
    return { total, value };
  },
  async *chat(requests) {
    for await (const { n } of requests) {
      value += n;
      yield { value };
    }
  },
  current: (_request, ctx) => {
    ctx.trailers.set("counted-to", `${count.to}`).set("stopped", count.stopped ? "yes" : "no");
    return { value };
  },
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

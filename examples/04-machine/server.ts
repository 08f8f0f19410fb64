import { cpus, freemem, totalmem } from "node:os";
import { createNode, insecure, runNode, serve } from "heliograph";
import { MachineService } from "../gen/example/v1/machine_heliograph.js";

const MEASURED_MS = 100;
const node = createNode({ name: "machine", security: insecure() });

const { endpoints } = await serve(node, MachineService, {
  load: async (_request, ctx) => {
    const before = cpuTimes();
    await ctx.sleep(MEASURED_MS);
    const after = cpuTimes();
    const total = after.total - before.total;
    return {
      cpuPercent: total === 0 ? 0 : (100 * (after.busy - before.busy)) / total,
      cores: cpus().length,
      // 64-bit integers are bigint.
      memoryTotalBytes: BigInt(totalmem()),
      memoryFreeBytes: BigInt(freemem()),
    };
  },
});
console.log(JSON.stringify({ endpoint: endpoints[0] }));
await runNode(node);

/** Milliseconds since the machine was started, of all cores together. */
function cpuTimes(): { busy: number; total: number } {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, total: busy + idle };
}

import { codeName, connectTo, createClient, HeliographError, insecure } from "heliograph";
import { WorkerService } from "../gen/example/v1/worker_heliograph.js";

// Two servers: the first that answers is used, the other stands by.
await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const worker = createClient(connection, WorkerService);

const calls = Array.from({ length: 100 }, () => worker.work({ durationMs: 5_000 }));
const fates = Promise.allSettled(calls);
// Calls of one client arrive in order: when this one is answered, the hundred before it are running.
const { pid } = await worker.work({});
console.log(`${calls.length} calls are running in process ${pid}`);

const killedAt = performance.now();
process.kill(pid, "SIGKILL");
console.log(`kill -9 ${pid}`);

const told = new Map<string, number>();
for (const fate of await fates) {
  const line = fate.status === "fulfilled" ? "answered" : describe(HeliographError.from(fate.reason));
  told.set(line, (told.get(line) ?? 0) + 1);
}
console.log(`after ${sinceKill()} ms every caller knows:`);
for (const [line, count] of told) console.log(`  ${count} × ${line}`);

const next = await worker.work({}, { waitForReady: true });
console.log(`after ${sinceKill()} ms process ${next.pid} has answered the next call`);

function describe(error: HeliographError): string {
  const fate = error.notProcessed ? "surely did not run" : "may have run";
  return `${codeName(error.code)}, reason ${error.reason}: the call ${fate}`;
}

function sinceKill(): string {
  return (performance.now() - killedAt).toFixed(0);
}

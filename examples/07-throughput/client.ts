import { connectTo, createClient, insecure } from "heliograph";
import { GeometryService } from "../gen/example/v1/geometry_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const geometry = createClient(connection, GeometryService);

await measure(64, 200);
for (const inFlight of [1, 64, 256]) {
  const { callsPerSecond, p50Ms, p99Ms } = await measure(inFlight, 800);
  console.log(
    `${inFlight} in flight`.padStart(13),
    `${Math.round(callsPerSecond).toLocaleString("en").padStart(9)} calls/s`,
    `  p50 ${p50Ms.toFixed(2).padStart(5)} ms   p99 ${p99Ms.toFixed(2).padStart(5)} ms`,
  );
}

/** Keeps so many typed calls in flight, each with its deadline, for so long. */
async function measure(inFlight: number, durationMs: number) {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + durationMs;
  const caller = async (x: number) => {
    for (let at = performance.now(); at < end; ) {
      const { point } = await geometry.moveRight({ point: { x, y: 0 }, metres: 1 });
      if (point?.x !== x + 1) throw new Error(`moveRight(${x}, 1) gave ${point?.x}`);
      const now = performance.now();
      latencies.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, x) => caller(x)));
  const seconds = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { callsPerSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

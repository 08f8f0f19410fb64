import { parseArgs } from "node:util";
import { createNode, every, insecure, subscribe } from "heliograph";
import { unusedPort } from "../15-bakery/unused-port.js";
import { SensorService } from "../gen/example/v1/sensor_heliograph.js";
import { Child } from "./child.js";
import { Screen } from "./screen.js";
import { Table } from "./table.js";

const PERIODS_MS = { load: 250, memory: 250, disk: 250, network: 250, timer: 1 };

const { values: flags } = parseArgs({ options: { seconds: { type: "string" } } });
const isTerminal = process.stdout.isTTY === true;
/** On a terminal it goes on until Ctrl-C. */
const seconds = Number(flags.seconds ?? (isTerminal ? Number.POSITIVE_INFINITY : 4));

// Only so that examples that run side by side don't meet: without it all nodes of a machine find each other.
const registry = `local:${await unusedPort()}`;
process.env["HELIOGRAPH_REGISTRY"] = registry;
console.log(`To look on: HELIOGRAPH_REGISTRY=${registry} npx helio topics`);

const table = new Table();
const note = (name: string) => (line: string) => {
  const text = `${name.padEnd(8)} ${line}`;
  if (isTerminal) table.note(text);
  else console.log(text);
};

await using node = createNode({ name: "table", security: insecure(), logLevel: "error" });
// It need not see each value: of each subject the latest, four times a second. All publishers are found, those that
// come later, too.
const values = subscribe(node, SensorService.values, { snapshot: true, intervalMs: 250 });

const slow = new Child("slow.ts", [], note("slow"));
const sensors = Object.entries(PERIODS_MS).map(
  ([sensor, periodMs]) => new Child("sensor.ts", [sensor, String(periodMs)], note(sensor)),
);
// Without its end, subscribers would wait for it to come back.
for (const { ended } of sensors) void ended.then((code) => code === 0 || process.exit(1));
await values.ready({ publishers: sensors.length, timeoutMs: 30_000 });

function stop(): void {
  for (const sensor of sensors) sensor.terminate();
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
const end = Number.isFinite(seconds) ? setTimeout(stop, seconds * 1_000) : undefined;

const screen = new Screen();
function show(): void {
  if (isTerminal) screen.draw([...table.lines, ...table.notes]);
  else console.log(table.lines.join("\n"));
}
using _redraw = every(node, isTerminal ? 250 : 2_000, show);

for await (const value of values) table.take(value);
// All publishers have ended.
clearTimeout(end);
const codes = await Promise.all([slow, ...sensors].map(({ ended }) => ended));
show();
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

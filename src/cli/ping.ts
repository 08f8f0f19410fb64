import { Command } from "commander";
import { type ConnectFlags, connectOptions, positive, whole } from "./connect-options.js";
import { Failure } from "./failure.js";
import { nameOf } from "./lookup/instance-name.js";
import { nameColumns } from "./lookup/instance-rows.js";
import type { KnownInstance } from "./lookup/known-instance.js";
import type { Lookup } from "./lookup/lookup.js";
import { printable } from "./output/printable.js";
import { type Column, table } from "./output/table.js";
import type { Terminal } from "./output/terminal.js";
import { count, shortTime } from "./output/units.js";
import type { PingListener, PingResult } from "./ping/ping-instance.js";
import { type ClockOffset, clockOffset } from "./ping/ping-series.js";
import { deadPlan, reachAll, withTarget } from "./with-lookup.js";

interface PingFlags extends ConnectFlags {
  readonly count: number;
  readonly intervalMs: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

interface Pinged {
  readonly instance: KnownInstance;
  readonly result: PingResult;
}

const examples = `
Examples:
  helio ping greeter                        every instance of a node
  helio ping GreeterService --count 100 --interval-ms 10
  helio ping tcp://10.0.0.7:5555 --remote   without a registry
  helio ping                                all there are

The answer is that of the node's event loop, not of its link. CLOCK is how far its clock is ahead of this machine's.
The exit code is 1 when one of them answered nothing.`;

/** `helio ping`: how long a node takes to answer, and how far its clock is off. */
export function pingCommand(terminal: Terminal): Command {
  const command = new Command("ping")
    .summary("measure how long nodes take to answer")
    .description("Measure how long nodes take to answer, and how far their clocks are off.")
    .argument("[name]", "a node, an instance, a service or an endpoint (default: all nodes)")
    .option("--count <n>", "how many times; 0 until Ctrl+C", whole, 4)
    .option("--interval-ms <n>", "from one to the next", positive, 250)
    .option("--all", "dead instances, too")
    .option("--json", "print one JSON object, at the end")
    .addHelpText("after", examples)
    .action((name: string | undefined, flags: PingFlags) => ping(name, flags, terminal));
  return connectOptions(command);
}

async function ping(name: string | undefined, flags: PingFlags, terminal: Terminal): Promise<void> {
  await withTarget(name, flags, deadPlan(flags), terminal, async (target, lookup) => {
    const ways = reachAll(target, lookup, terminal);
    const signal = terminal.interrupted();
    const { pingInstance } = await import("./ping/ping-instance.js");
    const plan = { count: flags.count || Number.POSITIVE_INFINITY, intervalMs: flags.intervalMs, signal };
    const pinged = await Promise.all(
      ways.reached.map(async ({ instance, way }): Promise<Pinged> => {
        const listener = flags.json ? silent : lines(instance, lookup, terminal);
        return { instance, result: await pingInstance(way, plan, listener) };
      }),
    );
    if (flags.json) terminal.json({ instances: pinged.map(pingedJson) });
    else if (pinged.length > 0)
      for (const line of ["", ...table(columns, pinged, terminal)]) terminal.print(line);
    if (ways.failed || pinged.some(({ result }) => result.sent > 0 && result.lost === result.sent)) {
      throw new Failure([]);
    }
  });
}

const silent: PingListener = { connected() {}, answered() {}, lost() {} };

function lines(instance: KnownInstance, lookup: Lookup, terminal: Terminal): PingListener {
  const name = nameOf(instance);
  const { dim, red } = terminal.colours;
  return {
    connected: (ms) =>
      terminal.print(
        dim(`${name}  connected to ${printable(instance.endpoints.join(", "))} in ${shortTime(ms)}`),
      ),
    answered: (sample) =>
      terminal.print(`${name}  ${shortTime(sample.roundTripMs)}  clock ${offsetText(clockOffset(sample))}`),
    lost: (error) => terminal.print(`${name}  ${red(lookup.explain(error))}`),
  };
}

function offsetText({ ms, errorMs }: ClockOffset): string {
  return `${ms < 0 ? "-" : "+"}${shortTime(Math.abs(ms))} ± ${shortTime(errorMs)}`;
}

const columns: readonly Column<Pinged>[] = [
  ...nameColumns<Pinged>(({ instance }) => instance),
  { title: "SENT", align: "right", cell: ({ result }) => count(result.sent) },
  { title: "LOST", align: "right", cell: ({ result }) => count(result.lost) },
  ...(["min", "p50", "p99", "max"] as const).map(
    (key): Column<Pinged> => ({
      title: key.toUpperCase(),
      align: "right",
      cell: ({ result: { roundTripMs } }) => (roundTripMs === undefined ? "" : shortTime(roundTripMs[key])),
    }),
  ),
  {
    title: "CLOCK",
    cell: ({ result }) => (result.clockOffset === undefined ? "" : offsetText(result.clockOffset)),
  },
];

function pingedJson({ instance: { node, instance, endpoints }, result }: Pinged): object {
  return { node, instance, endpoints, ...result };
}

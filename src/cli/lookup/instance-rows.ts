import type { InstanceInfo } from "../../naming/instance.js";
import type { Colours } from "../output/colours.js";
import { printable } from "../output/printable.js";
import type { Column } from "../output/table.js";
import { age, bytes, count, shortTime } from "../output/units.js";
import { shortInstance } from "./instance-name.js";
import type { KnownInstance } from "./known-instance.js";
import { isTopicName } from "./target.js";

/** An instance as JSON shows it. */
export function infoJson(instance: InstanceInfo): object {
  const { epoch, load, ...rest } = instance;
  return { ...rest, startedAt: new Date(epoch / 1000).toISOString(), load: load ?? null };
}

/** The two columns by which every table of instances begins. */
export function nameColumns<Row>(of: (row: Row) => KnownInstance): readonly [Column<Row>, Column<Row>] {
  return [
    { title: "NODE", cell: (row) => of(row).node || "?" },
    { title: "INSTANCE", cell: (row) => shortInstance(of(row).instance) },
  ];
}

/** The columns of `helio ls nodes`. */
export function instanceColumns(colours: Colours, nowUs: number): readonly Column<KnownInstance>[] {
  return [
    ...nameColumns<KnownInstance>((instance) => instance),
    {
      title: "STATE",
      cell: ({ state }) => state,
      paint: (text, { state }) => stateColour(colours, state)(text),
    },
    {
      title: "CONDITION",
      cell: ({ condition }) => condition,
      paint: (text, { condition }) => (condition === "serving" ? text : colours.yellow(text)),
    },
    { title: "AGE", align: "right", spare: 1, cell: ({ epoch }) => age((nowUs - epoch) / 1000) },
    {
      title: "CALLS",
      align: "right",
      spare: 2,
      cell: ({ load }) => (load === undefined ? "" : count(load.callsInFlight)),
    },
    {
      title: "LAG",
      align: "right",
      spare: 3,
      cell: ({ load }) => (load === undefined ? "" : shortTime(load.loopLagMs)),
    },
    {
      title: "BUSY",
      align: "right",
      spare: 4,
      cell: ({ load }) => (load === undefined ? "" : `${Math.round(load.loopUtilization * 100)} %`),
    },
    {
      title: "MEMORY",
      align: "right",
      spare: 5,
      cell: ({ load }) => (load === undefined ? "" : bytes(load.memoryBytes)),
    },
    { title: "LABELS", cell: ({ labels }) => labelText(labels) },
    { title: "ENDPOINTS", cell: ({ endpoints }) => endpoints.join(", ") || "none" },
    { title: "SERVICES", cell: (instance) => names(instance, false) || "none" },
    { title: "TOPICS", cell: (instance) => names(instance, true) },
  ];
}

function names({ services }: KnownInstance, ofTopics: boolean): string {
  return services
    .filter(({ name }) => isTopicName(name) === ofTopics)
    .map(({ name }) => name)
    .join(", ");
}

/** What colour a state has. */
function stateColour(colours: Colours, state: KnownInstance["state"]): (text: string) => string {
  if (state === "alive") return colours.green;
  return state === "dead" ? colours.red : colours.yellow;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return printable(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(","),
  );
}

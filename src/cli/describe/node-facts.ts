import type { InfoResponse } from "../../gen/heliograph/node/v1/node.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { isTopicName } from "../lookup/target.js";
import { printable } from "../output/printable.js";
import { age, bytes, count, shortTime } from "../output/units.js";

/** One thing that is known of a node: what it is about, and a line for each value. */
export type Fact = readonly [title: string, values: readonly string[]];

/** What is to be said of an instance; less when it was not asked itself. Facts without values are left out. */
export function nodeFacts(instance: KnownInstance, info: InfoResponse | undefined): Fact[] {
  const { services, labels, load } = instance;
  const facts: Fact[] = [
    ["node", [instance.node || "?"]],
    ["instance", [instance.instance]],
    ["state", [`${instance.state}, ${instance.condition}`]],
    ["started", [startText(instance, info)]],
    ["endpoints", instance.endpoints],
    ["services", names(services, (name) => !isTopicName(name))],
    ["topics", names(services, isTopicName)],
    ["labels", Object.entries(labels).map(([name, value]) => `${name}=${value}`)],
    ["process", [processText(instance, info)]],
    ["security", info === undefined ? [] : [info.security]],
    ["protocol", info === undefined ? [] : [info.protocolVersions.join(", ")]],
    ["registries", info?.resolvers.map(resolverText) ?? []],
    ["calls", load === undefined ? [] : [`${count(load.callsInFlight)} in flight`]],
    [
      "loop",
      load === undefined
        ? []
        : [`${shortTime(load.loopLagMs)} late, ${Math.round(load.loopUtilization * 100)} % busy`],
    ],
    ["memory", load === undefined ? [] : [bytes(load.memoryBytes)]],
  ];
  return facts.flatMap(([title, values]): Fact[] => {
    const shown = values.map(printable).filter((value) => value !== "");
    return shown.length === 0 ? [] : [[title, shown]];
  });
}

/** Those of what is announced that are wanted, with the hashes of their schemas. */
function names(services: KnownInstance["services"], wanted: (name: string) => boolean): string[] {
  return services
    .filter(({ name }) => wanted(name))
    .map(({ name, schemaHash }) => `${name}  ${schemaHash}`.trimEnd());
}

/** Facts as lines: the titles in a column of their own. */
export function factLines(facts: readonly Fact[]): string[] {
  const width = Math.max(0, ...facts.map(([title]) => title.length));
  return facts.flatMap(([title, values]) =>
    values.map((value, i) => `${(i === 0 ? title : "").padEnd(width)}  ${value}`),
  );
}

function startText({ epoch }: KnownInstance, info: InfoResponse | undefined): string {
  if (epoch === 0) return "";
  const at = new Date(epoch / 1000).toISOString();
  return info === undefined ? at : `${at}, ${age(Number(info.uptimeMs))} ago`;
}

function processText({ processId, host, kit }: KnownInstance, info: InfoResponse | undefined): string {
  const process = processId === 0 ? "" : `${processId}`;
  return [process, host === "" ? "" : `on ${host}`, info?.runtime ?? "", kit]
    .filter((part) => part !== "")
    .join(", ");
}

function resolverText({ name, connected, error, serving }: InfoResponse["resolvers"][number]): string {
  return `${name}  ${connected ? "registered" : error || "not registered"}${serving ? ", and serves it" : ""}`;
}

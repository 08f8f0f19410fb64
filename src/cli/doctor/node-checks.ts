import { nameOf } from "../lookup/instance-name.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { isLiving } from "../lookup/left-out.js";
import { isReady, serviceRows } from "../lookup/service-rows.js";
import { servicesOf } from "../lookup/target.js";
import { age, count, counted } from "../output/units.js";
import type { Facts, Finding, NodeFacts } from "./facts.js";

const NODE = "node";

/** Whether each node is alive, and takes calls. */
export function checkNodes({ nodes }: Facts): Finding[] {
  const findings = nodes.flatMap((node): Finding[] => {
    const said = unwell(node);
    if (said === undefined) return [];
    // It is not gone, and does not come back by itself.
    return [{ check: NODE, level: node.stopped ? "fail" : "warn", ...said }];
  });
  findings.push(...forgotten(nodes.filter(({ instance, stopped }) => !isLiving(instance) && !stopped)));
  if (findings.length > 0) return findings;
  if (nodes.length === 0) return [{ check: NODE, level: "ok", text: "nobody is there" }];
  return [{ check: NODE, level: "ok", text: `${counted(nodes.length, "instance")} alive` }];
}

/** One line for all that are dead: who was meant to go is of no interest, and is remembered for a while. */
function forgotten(nodes: readonly NodeFacts[]): Finding[] {
  const names = nodes.map(({ instance }) => `${nameOf(instance)} for ${age(instance.heardMsAgo)}`);
  if (names.length === 0) return [];
  const text = `${names.length === 1 ? "dead, and not heard of:" : `${names.length} are dead, and not heard of:`} ${names.join(", ")}`;
  const advice = "start it again; or wait until it is forgotten, if it was meant to go";
  return [{ check: NODE, level: "warn", text, advice }];
}

function unwell({ instance, stopped }: NodeFacts): { text: string; advice: string } | undefined {
  const name = nameOf(instance);
  const since = age(instance.heardMsAgo);
  if (stopped) {
    return {
      text: `${name} is ${instance.state}: its process ${instance.processId} was stopped by a signal, and has said nothing for ${since}`,
      advice: `kill -CONT ${instance.processId} lets it go on`,
    };
  }
  switch (instance.state) {
    case "stalled":
      return {
        text: `${name} is stalled: its machine answers, but its event loop has said nothing for ${since}`,
        advice: `see what blocks it: process ${instance.processId}; work that takes long belongs in a worker thread`,
      };
    case "suspect":
      return {
        text: `${name} is suspect: it has said nothing for ${since}, or its connection broke`,
        advice: `see whether process ${instance.processId} runs, and whether it reaches the registry`,
      };
    case "dead":
      return undefined;
    case "alive":
      break;
  }
  if (instance.condition === "paused") {
    return { text: `${name} is paused, and refuses calls`, advice: `helio node resume ${instance.instance}` };
  }
  if (instance.condition === "draining") {
    return {
      text: `${name} is draining, and takes no new calls`,
      advice: "wait until it is gone; if it was only drained, helio node resume or stop it",
    };
  }
  return undefined;
}

/** Whether each service can be called somewhere. */
export function checkServices({ nodes }: Facts): Finding[] {
  const check = "service";
  const rows = serviceRows(nodes.map(({ instance }) => instance));
  const lacking = rows.filter(({ ready }) => ready === 0);
  if (lacking.length > 0) {
    return lacking.map(({ service, instances }) =>
      instances.some(isLiving)
        ? {
            check,
            level: "fail",
            text: `${service} can be called nowhere: none of ${counted(instances.length, "instance")} is alive and serving`,
            advice: "start another instance, or see what is said of these",
          }
        : {
            check,
            level: "warn",
            text: `${service} can be called nowhere: whoever served it is dead`,
            advice: "start an instance; or wait until it is forgotten, if it was meant to go",
          },
    );
  }
  return rows.length === 0
    ? []
    : [
        {
          check,
          level: "ok",
          text: `${counted(rows.length, "service")}, each with an instance that can be called`,
        },
      ];
}

/** Whether one name is given to things that differ. */
export function checkNames({ nodes }: Facts): Finding[] {
  const check = "name";
  const byName = new Map<string, KnownInstance[]>();
  for (const { instance } of nodes.filter((each) => isReady(each.instance))) {
    byName.set(instance.node, [...(byName.get(instance.node) ?? []), instance]);
  }
  const findings = [...byName].flatMap(([name, instances]): Finding[] => {
    const sets = new Set(
      // Any instance may publish.
      instances.map((instance) => servicesOf([instance]).join(", ")),
    );
    if (name === "" || sets.size < 2) return [];
    return [
      {
        check,
        level: "warn",
        text: `${name} is the name of nodes that serve different things: ${[...sets].map((each) => each || "nothing").join("; ")}`,
        advice:
          "give nodes that do different work different names; instances of one name may stand in for each other",
      },
    ];
  });
  if (findings.length > 0 || byName.size === 0) return findings;
  return [
    {
      check,
      level: "ok",
      text: `${counted(byName.size, "name")}, none of which is given to different things`,
    },
  ];
}

/** Whether processes may have enough connections. */
export function checkOpenFiles({ openFiles }: Facts): Finding[] {
  const check = "files";
  if (openFiles === undefined) return [];
  const text = `a process may have ${count(openFiles)} open files here; each connection takes some`;
  if (openFiles >= ENOUGH_FILES) return [{ check, level: "ok", text }];
  return [
    {
      check,
      level: "warn",
      text,
      advice: `raise the limit where there are many connections: ulimit -n ${ENOUGH_FILES}`,
    },
  ];
}

const ENOUGH_FILES = 4_096;

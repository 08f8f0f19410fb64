import { isLocal } from "../../naming/endpoint.js";
import { nameOf } from "../lookup/instance-name.js";
import { counted, shortTime } from "../output/units.js";
import type { EndpointFacts, Facts, Finding, NodeFacts } from "./facts.js";

/** Whether each endpoint that is announced leads to who announced it. */
export function checkEndpoints({ nodes }: Facts): Finding[] {
  const check = "endpoint";
  const findings = nodes.flatMap((node) => node.endpoints.flatMap((endpoint) => unreached(node, endpoint)));
  const reached = nodes.flatMap(({ endpoints }) => endpoints).filter(({ outcome }) => outcome === "answers");
  if (reached.length === 0) return findings;
  return [
    { check, level: "ok", text: `${counted(reached.length, "endpoint")} reached from here` },
    ...findings,
  ];
}

function unreached(
  { instance, endpoints }: NodeFacts,
  { endpoint, outcome, error }: EndpointFacts,
): Finding[] {
  const check = "endpoint";
  const where = `${endpoint} of ${nameOf(instance)}`;
  // What is said of the node itself is said elsewhere.
  const level = instance.state === "alive" ? "fail" : "warn";
  switch (outcome) {
    case "answers":
      return [];
    case "silent":
      return [
        {
          check,
          level,
          text: `nobody listens at ${where}, as seen from here`,
          advice:
            instance.state === "alive"
              ? "open the way in firewalls, or announce an address that others reach: createNode({ advertise })"
              : "see what is said of the node",
        },
      ];
    case "hung":
      return [
        {
          check,
          level,
          text: `connections to ${where} are taken, but its process says nothing`,
          advice: "see whether the process is stopped or hangs, and what is said of the node",
        },
      ];
    case "mute":
      return [
        {
          check,
          level,
          text: `something listens at ${where}, but it is not that node, or does not answer: ${error}`,
          advice: "see what listens there; two nodes behind one address can't both be reached",
        },
      ];
    case "not-allowed":
      return [
        {
          check,
          level: "warn",
          text: `${where} is on another machine, and was not tried`,
          advice: "add --remote, although what is sent there is not encrypted",
        },
      ];
    case "elsewhere": {
      // One other way in is enough.
      if (endpoints.some((each) => each.outcome !== "elsewhere")) return [];
      return [
        {
          check,
          level: "warn",
          text: `${where} can be reached on its own machine only (${instance.host})`,
          advice: "serve on an address that others reach, or announce one: createNode({ advertise })",
        },
      ];
    }
  }
}

/** Whether what is sent between machines is protected. */
export function checkSecurity({ nodes, registries }: Facts): Finding[] {
  const check = "security";
  const open = nodes
    .filter(
      ({ instance, info }) => info?.security !== "curve" && instance.endpoints.some((each) => !isLocal(each)),
    )
    .map(({ instance }) => nameOf(instance));
  const far = registries.map(({ endpoint }) => endpoint).filter((endpoint) => !isLocal(endpoint));
  const exposed = [...far.map((endpoint) => `the registry ${endpoint}`), ...open];
  if (exposed.length === 0)
    return [{ check, level: "ok", text: "nothing listens beyond this machine without protection" }];
  return [
    {
      check,
      level: "warn",
      text: `beyond its machine, everybody on the way can read and change what is sent to ${exposed.join(", ")}`,
      advice: "keep it within a network that is protected otherwise",
    },
  ];
}

/** Beyond this, times that are written down on two machines tell another story. */
const MOST_OFFSET_MS = 1_000;

/** Whether clocks agree. */
export function checkClocks({ nodes }: Facts): Finding[] {
  const check = "clock";
  const known = nodes.flatMap(({ instance, clock }) => (clock === undefined ? [] : [{ instance, clock }]));
  const wrong = known.filter(({ clock: { ms, errorMs } }) => Math.abs(ms) - errorMs > MOST_OFFSET_MS);
  if (wrong.length > 0) {
    return wrong.map(({ instance, clock: { ms } }) => ({
      check,
      level: "warn",
      text: `the clock of ${nameOf(instance)} is ${shortTime(Math.abs(ms))} ${ms > 0 ? "ahead of" : "behind"} that of this machine`,
      advice: "let NTP set the clocks: of two lives of an instance, the later one by its own clock counts",
    }));
  }
  if (known.length === 0) return [];
  const most = Math.max(...known.map(({ clock }) => Math.abs(clock.ms)));
  return [{ check, level: "ok", text: `clocks differ by at most ${shortTime(most)}` }];
}

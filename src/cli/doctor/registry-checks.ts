import { LOCAL_REGISTRY } from "../../discovery/registries/registries.js";
import { nameOf } from "../lookup/instance-name.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { counted } from "../output/units.js";
import type { Facts, Finding } from "./facts.js";

const REGISTRY = "registry";

/** Whether each registry answers, and knows everybody. */
export function checkRegistries({ registries, nodes }: Facts): Finding[] {
  const answering = registries.filter(({ registry }) => registry !== undefined);
  return registries.flatMap(({ endpoint, registry, instances, error }): Finding[] => {
    if (registry === undefined) {
      return [
        {
          check: REGISTRY,
          // Nothing is lost while another one answers.
          level: answering.length > 0 ? "warn" : "fail",
          text: `${endpoint} does not answer: ${error}`,
          advice:
            endpoint === LOCAL_REGISTRY
              ? "start a node on this machine, which serves a registry there if nobody does, or run helio registry"
              : "start it with helio registry, or correct the endpoint",
        },
      ];
    }
    if (!registry.complete) {
      return [
        {
          check: REGISTRY,
          level: "warn",
          text: `${endpoint} has begun only now, and does not know everybody yet`,
          advice: "ask again in some seconds",
        },
      ];
    }
    const missing = nodes
      .map(({ instance }) => instance)
      .filter((instance) => instance.state === "alive" && !instance.registries.includes(endpoint));
    if (missing.length > 0) return [unequal(endpoint, missing)];
    return [
      {
        check: REGISTRY,
        level: "ok",
        text: `${endpoint} answers, and knows ${counted(instances, "instance")}`,
      },
    ];
  });
}

function unequal(endpoint: string, missing: readonly KnownInstance[]): Finding {
  return {
    check: REGISTRY,
    level: "warn",
    text: `${endpoint} does not know ${missing.map(nameOf).join(", ")}, whom another registry knows`,
    advice: "give all nodes the same registries: HELIOGRAPH_REGISTRY, or the option registries",
  };
}

/** Whether each node can use all that it finds others by, and is found by. */
export function checkRegistrations({ nodes }: Facts): Finding[] {
  return nodes.flatMap(({ instance, info }) =>
    (info?.resolvers ?? [])
      .filter(({ connected }) => !connected)
      .map(
        ({ name, error }): Finding => ({
          check: "registration",
          level: "warn",
          text: `${nameOf(instance)} has lost ${name}${error === "" ? "" : `: ${error}`}`,
          advice: "see whether it can be reached from there; until then others may not find the node",
        }),
      ),
  );
}

/** Whether programs that are started from here find the same registries. */
export function checkEnvironment({ variable, registries }: Facts): Finding[] {
  const check = "environment";
  if (variable?.trim() === "off") {
    return [
      {
        check,
        level: "warn",
        text: "HELIOGRAPH_REGISTRY is off: programs that are started from here find nobody, unless they say where",
        advice: "unset it, or name the registries in it",
      },
    ];
  }
  if (variable === undefined || variable.trim() === "") {
    return [
      { check, level: "ok", text: `HELIOGRAPH_REGISTRY is not set: programs here ask ${LOCAL_REGISTRY}` },
    ];
  }
  const asked = new Set(registries.map(({ endpoint }) => endpoint));
  const others = variable
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each.includes("://") && !asked.has(each));
  if (asked.size > 0 && others.length > 0) {
    return [
      {
        check,
        level: "warn",
        text: `HELIOGRAPH_REGISTRY is ${variable}, and ${others.join(", ")} was not asked here`,
        advice: "leave out --registry to see what programs here see",
      },
    ];
  }
  return [{ check, level: "ok", text: `HELIOGRAPH_REGISTRY is ${variable}` }];
}

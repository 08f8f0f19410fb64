import { InfoResponse } from "../../gen/heliograph/node/v1/node.js";
import { nameOf } from "../lookup/instance-name.js";
import { infoJson } from "../lookup/instance-rows.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import type { Target } from "../lookup/target.js";
import type { DescribeParts, Description } from "./describe-schema.js";
import { factLines, nodeFacts } from "./node-facts.js";

/** What nodes say of themselves, and what is known of those that don't answer. */
export async function describeNodes({ instances }: Target, parts: DescribeParts): Promise<Description> {
  const asked = await Promise.all(
    instances.map(async (instance) => ({ instance, info: await askInfo(instance, parts) })),
  );
  return {
    text: asked.map(({ instance, info }) => factLines(nodeFacts(instance, info)).join("\n")).join("\n\n"),
    json: {
      nodes: asked.map(({ instance, info }) => ({
        ...infoJson(instance),
        info: info === undefined ? null : InfoResponse.toJSON(info),
      })),
    },
  };
}

async function askInfo(
  instance: KnownInstance,
  { lookup, terminal }: DescribeParts,
): Promise<InfoResponse | undefined> {
  try {
    const { node, options } = lookup.reach(instance);
    return await node.info({}, options);
  } catch (error) {
    terminal.note(`${nameOf(instance)} was not asked: ${lookup.explain(error)}`);
    return undefined;
  }
}

import { compareSchemas, type Incompatibility } from "../../wire/schema-compare.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import { schemaVariants } from "../lookup/schema-variants.js";
import type { NodeFacts, SchemaFacts } from "./facts.js";

/** Compares the schemas of services whose instances have different ones. */
export async function examineSchemas(nodes: readonly NodeFacts[], lookup: Lookup): Promise<SchemaFacts[]> {
  // Those that don't answer are not asked once more.
  const answering = new Set(nodes.filter(({ info }) => info !== undefined).map(({ instance }) => instance));
  return Promise.all(
    schemaVariants(nodes.map(({ instance }) => instance)).map(async ({ service, schemas }) => ({
      service,
      schemas,
      incompatible: await compare(
        service,
        schemas.map(({ instances }) => instances.filter((each) => answering.has(each))),
        lookup,
      ),
    })),
  );
}

async function compare(
  service: string,
  variants: readonly (readonly KnownInstance[])[],
  lookup: Lookup,
): Promise<readonly Incompatibility[] | undefined> {
  try {
    const sets = await Promise.all(variants.map(([instance]) => fetchSchema(service, instance, lookup)));
    const known = sets.flatMap((set) => (set === undefined ? [] : [set]));
    if (known.length < sets.length) return undefined;
    const found = known.flatMap((client) =>
      known.flatMap((server) => (client === server ? [] : compareSchemas(client, server, service))),
    );
    // What differs is seen from both sides.
    return [...new Map(found.map((each) => [each.path, each])).values()];
  } catch {
    return undefined;
  }
}

async function fetchSchema(
  service: string,
  instance: KnownInstance | undefined,
  lookup: Lookup,
): Promise<Uint8Array | undefined> {
  if (instance === undefined) return undefined;
  const { node, options } = lookup.reach(instance);
  const { services } = await node.schema({ services: [service] }, options);
  return services.find(({ name }) => name === service)?.descriptorSet;
}

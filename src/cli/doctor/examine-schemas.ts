import { compareSchemas, type Incompatibility } from "../../wire/schema-compare.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { isLiving } from "../lookup/left-out.js";
import type { Lookup } from "../lookup/lookup.js";
import { serviceRows } from "../lookup/service-rows.js";
import type { NodeFacts, SchemaFacts } from "./facts.js";

/** Compares the schemas of services whose instances have different ones. */
export async function examineSchemas(nodes: readonly NodeFacts[], lookup: Lookup): Promise<SchemaFacts[]> {
  // Those that don't answer are not asked once more.
  const answering = new Set(nodes.filter(({ info }) => info !== undefined).map(({ instance }) => instance));
  const living = nodes.map(({ instance }) => instance).filter(isLiving);
  const mixed = serviceRows(living).flatMap(({ service, instances }) => {
    const byHash = new Map<string, KnownInstance[]>();
    for (const instance of instances) {
      const hash = instance.services.find(({ name }) => name === service)?.schemaHash ?? "";
      // One that tells no hash may have any schema.
      if (hash !== "") byHash.set(hash, [...(byHash.get(hash) ?? []), instance]);
    }
    return byHash.size > 1 ? [{ service, byHash }] : [];
  });
  return Promise.all(
    mixed.map(async ({ service, byHash }) => ({
      service,
      schemas: [...byHash].map(([hash, instances]) => ({ hash, instances })),
      incompatible: await compare(
        service,
        [...byHash.values()].map((instances) => instances.filter((each) => answering.has(each))),
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

import { nameOf } from "./instance-name.js";
import type { KnownInstance } from "./known-instance.js";
import { isLiving } from "./left-out.js";
import { serviceRows } from "./service-rows.js";

/** A service whose living instances announce more than one schema. */
export interface SchemaVariants {
  readonly service: string;
  /** Who has which, by hash; at least two. */
  readonly schemas: readonly {
    readonly hash: string;
    readonly instances: readonly KnownInstance[];
  }[];
}

/** The services of which schemas differ. An instance that tells no hash may have any schema, and is passed over. */
export function schemaVariants(instances: readonly KnownInstance[]): SchemaVariants[] {
  return serviceRows(instances.filter(isLiving)).flatMap(({ service, instances: serving }) => {
    const byHash = new Map<string, KnownInstance[]>();
    for (const instance of serving) {
      const hash = instance.services.find(({ name }) => name === service)?.schemaHash ?? "";
      if (hash !== "") byHash.set(hash, [...(byHash.get(hash) ?? []), instance]);
    }
    const schemas = [...byHash].map(([hash, having]) => ({ hash, instances: having }));
    return schemas.length > 1 ? [{ service, schemas }] : [];
  });
}

/** Which schemas there are, and who has them. */
export function variantsText({ service, schemas }: SchemaVariants): string {
  const who = schemas.map(({ hash, instances }) => `${hash} (${instances.map(nameOf).join(", ")})`);
  return `${service} has ${schemas.length} schemas, ${who.join(" and ")}`;
}

/** What to tell a user who looks at services of which schemas differ. */
export function variantsNotes(instances: readonly KnownInstance[]): string[] {
  return schemaVariants(instances).map(
    (variants) => `${variantsText(variants)}; helio doctor says whether they go together`,
  );
}

import type { Column } from "../output/table.js";
import { counted } from "../output/units.js";
import type { KnownInstance } from "./known-instance.js";
import { announces, describedServicesOf, describes, servicesOf } from "./target.js";

/** A service with all that serve it. */
export interface ServiceRow {
  readonly service: string;
  /** How many of its instances can be called: alive and serving. */
  readonly ready: number;
  readonly instances: readonly KnownInstance[];
  /** How many instances have each schema. */
  readonly schemas: ReadonlyMap<string, number>;
}

/** The services of a list of instances, by name. */
export function serviceRows(instances: readonly KnownInstance[]): ServiceRow[] {
  return servicesOf(instances).map((service) =>
    rowOf(
      service,
      instances.filter((each) => announces(each, service)),
    ),
  );
}

/** The services of which instances publish topics, too, with those that do among their instances. */
export function describedRows(instances: readonly KnownInstance[]): ServiceRow[] {
  return describedServicesOf(instances).map((service) =>
    rowOf(
      service,
      instances.filter((each) => describes(each, service)),
    ),
  );
}

function rowOf(service: string, serving: readonly KnownInstance[]): ServiceRow {
  const schemas = new Map<string, number>();
  for (const { services } of serving) {
    const hash = services.find(({ name }) => name === service)?.schemaHash ?? "";
    schemas.set(hash, (schemas.get(hash) ?? 0) + 1);
  }
  return { service, ready: serving.filter(isReady).length, instances: serving, schemas };
}

/** Whether an instance is called by clients that know no more than discovery does. */
export function isReady({ state, condition }: KnownInstance): boolean {
  return state === "alive" && condition === "serving";
}

/** The columns of `helio ls services`. */
export const serviceColumns: readonly Column<ServiceRow>[] = [
  { title: "SERVICE", cell: ({ service }) => service },
  { title: "READY", align: "right", cell: ({ ready, instances }) => `${ready}/${instances.length}` },
  { title: "SCHEMA", cell: ({ schemas }) => schemaText(schemas) },
  { title: "NODES", cell: nodesText },
  { title: "NOT READY", cell: notReady },
];

/** A service as JSON shows it. */
export function serviceJson({ service, ready, instances, schemas }: ServiceRow): object {
  return {
    service,
    ready,
    schemas,
    instances: instances.map(({ node, instance, state, condition, endpoints }) => ({
      node,
      instance,
      state,
      condition,
      endpoints,
    })),
  };
}

function schemaText(schemas: ReadonlyMap<string, number>): string {
  const [first = ""] = schemas.keys();
  return schemas.size === 1 ? first : counted(schemas.size, "schema");
}

function nodesText({ instances }: ServiceRow): string {
  const names = new Map<string, number>();
  for (const { node } of instances) names.set(node || "?", (names.get(node || "?") ?? 0) + 1);
  return [...names].map(([name, times]) => (times === 1 ? name : `${name} ×${times}`)).join(", ");
}

/** `1 stalled, 2 paused`: by state where that is the trouble, else by condition. */
function notReady({ instances }: ServiceRow): string {
  const counts = new Map<string, number>();
  for (const instance of instances.filter((each) => !isReady(each))) {
    const why = instance.state === "alive" ? instance.condition : instance.state;
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts].map(([why, times]) => `${times} ${why}`).join(", ");
}

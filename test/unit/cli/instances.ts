import type { KnownInstance } from "../../../src/cli/lookup/known-instance.js";

/** An instance with what a test doesn't care about filled in. */
export function known(node: string, more: Partial<KnownInstance> = {}): KnownInstance {
  return {
    node,
    instance: `${node}-0000`,
    epoch: 1_700_000_000_000_000,
    version: 1,
    endpoints: [`ipc:///run/${node}`],
    services: [],
    labels: {},
    host: "",
    condition: "serving",
    kit: "typescript 0.1.0",
    processId: 1,
    state: "alive",
    load: undefined,
    heardMsAgo: 10,
    registries: ["memory://registry"],
    ...more,
  };
}

export function services(...names: string[]): KnownInstance["services"] {
  return names.map((name) => ({ name, schemaHash: "0011223344556677" }));
}

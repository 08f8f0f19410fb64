import type { Announcement } from "../../src/naming/instance.js";

/** An announcement like any other, but for what a test cares for. */
export function announced(instance: string, part: Partial<Announcement> = {}): Announcement {
  return {
    node: "greeter",
    instance,
    epoch: 1_000,
    version: 1,
    endpoints: [`memory://${instance}`],
    services: [{ name: "test.Greeter", schemaHash: "0123456789abcdef" }],
    labels: {},
    host: "here",
    condition: "serving",
    kit: "typescript 0.1.0",
    processId: 7,
    ...part,
  };
}

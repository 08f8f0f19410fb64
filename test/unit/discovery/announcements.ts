import type { Announcement, Load } from "../../../src/naming/instance.js";

/** The part of an announcement that says what is served. */
export function serving(...names: string[]): Pick<Announcement, "services"> {
  return { services: names.map((name) => ({ name, schemaHash: "" })) };
}

export const busy: Load = { loopLagMs: 3, loopUtilization: 0.5, callsInFlight: 2, memoryBytes: 1_000 };

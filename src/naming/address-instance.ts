import { type Announcement, type InstanceInfo, instanceInfo } from "./instance.js";

/** What else is known of an instance of which there is only an address. */
export interface AddressDetails {
  /** Full names. */
  readonly services: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Grows when the rest changes. */
  readonly version: number;
}

/** An instance of which nothing is known but where it listens. */
export function addressInstance(endpoint: string, details: AddressDetails): InstanceInfo {
  const { services, labels, version } = details;
  const announcement: Announcement = {
    node: "",
    instance: "",
    epoch: 0,
    version,
    endpoints: [endpoint],
    services: services.map((name) => ({ name, schemaHash: "" })),
    labels,
    host: "",
    condition: "serving",
    kit: "",
    processId: 0,
  };
  return instanceInfo(announcement, "alive", undefined);
}

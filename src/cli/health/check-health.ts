import { Status } from "../../gen/heliograph/health/v1/health.js";
import type { Reached } from "../lookup/reach.js";

/** How something is: by its own word, or `unreachable` when it gave none. */
export type HealthStatus = "serving" | "not serving" | "not served" | "unreachable";

/** The health of one service of an instance, or of the instance as a whole. */
export interface Health {
  /** Full name; empty for the instance as a whole. */
  readonly service: string;
  readonly status: HealthStatus;
  /** Why it does not serve; may be empty. */
  readonly reason: string;
}

/**
 * Asks an instance how it is.
 *
 * @param service empty for the instance as a whole and each of its services
 * @throws HeliographError when it does not answer
 */
export async function checkHealth({ health, options }: Reached, service: string): Promise<Health[]> {
  const check = async (name: string): Promise<Health> => {
    const { status, reason } = await health.check({ service: name }, options);
    return { service: name, status: statusOf(status), reason };
  };
  if (service !== "") return [await check(service)];
  const { statuses } = await health.list({}, options);
  const names = [...statuses].sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(
    names.map(([name, status]) =>
      status === Status.STATUS_SERVING
        ? { service: name, status: statusOf(status), reason: "" }
        : check(name),
    ),
  );
}

/** @returns `not serving` for a status that is not known here: it is not the one that says that all is well */
export function statusOf(status: Status): HealthStatus {
  if (status === Status.STATUS_SERVING) return "serving";
  return status === Status.STATUS_SERVICE_UNKNOWN ? "not served" : "not serving";
}

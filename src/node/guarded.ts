import type { Logger } from "../core/logger.js";

/** What users hook in must not break what they look at. */
export function guarded<A extends unknown[]>(
  logger: Logger,
  hook: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      hook(...args);
    } catch (error) {
      logger.error({ error }, "onError or onUnhandled threw");
    }
  };
}

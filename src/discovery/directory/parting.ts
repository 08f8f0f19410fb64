import type { ResolverHost } from "../../naming/resolver.js";

/** How long a resolver may take to leave, and again to close. */
const PARTING_MS = 3_000;

/**
 * Waits until a resolver has done the last that is asked of it, but no longer than is bearable for a node that closes.
 * Never rejects: what it throws, and that it hangs, is warned of.
 *
 * @param doing such as "withdraw the node"
 */
export async function partFrom(
  resolver: string,
  doing: string,
  { clock, logger }: Pick<ResolverHost, "clock" | "logger">,
  work: () => Promise<void> | undefined,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(PARTING_MS, () => {
      resolve();
      logger.warn({ resolver }, `a resolver did not ${doing} within ${PARTING_MS} ms: it is not waited for`);
    });
    // One that isn't asynchronous throws at once.
    const done = (async () => work())();
    done
      .catch((error: unknown) => logger.warn({ resolver, error }, `a resolver could not ${doing}`))
      .finally(() => {
        timer.clear();
        resolve();
      });
  });
}

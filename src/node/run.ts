import type { CloseNodeOptions, Node } from "./node.js";

/** Exit code of a program that was interrupted twice, as shells count it. */
const INTERRUPTED = 130;
/** One press of Ctrl+C may arrive twice: from the terminal, and passed on by a parent such as `timeout`. */
const SAME_SIGNAL_MS = 200;

/**
 * Waits for SIGINT or SIGTERM, then closes the node. A second signal ends the process at once.
 * Sets the exit code: 0 after a clean end, 1 when closing failed.
 */
export async function runNode(node: Node, options: CloseNodeOptions = {}): Promise<void> {
  await new Promise<void>((resolve) => {
    let askedAt: number | undefined;
    const stop = () => {
      const now = performance.now();
      if (askedAt !== undefined && now - askedAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
      askedAt ??= now;
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  try {
    await node.close(options);
    process.exitCode ??= 0;
  } catch (error) {
    process.exitCode = 1;
    throw error;
  }
}

import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { showValue } from "../wire/show-value.js";
import type { CloseNodeOptions, Node } from "./node.js";

/** How nodes are run. */
export interface RunNodeOptions extends CloseNodeOptions {
  /** Ends them as a first signal of the system does. */
  readonly signal?: AbortSignal | undefined;
}

/** What is run. */
export interface RunnableNode extends Pick<Node, "close" | "closed"> {
  readonly serving: { readonly callsInFlight: number };
}

/** What ends a program, and its exit code if it does so at once, as shells count it. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof codes;

/** One press of Ctrl+C may arrive twice: from the terminal, and passed on by a parent such as `timeout`. */
const SAME_SIGNAL_MS = 200;

/**
 * Waits for SIGINT or SIGTERM, then closes the node, or all of several. A second signal ends the process at once, with 130
 * or 143. Returns also when somebody else has closed all nodes. SIGHUP is left alone, so that `nohup` works.
 *
 * On a terminal it says how many calls are waited for. Sets the exit code: 0 after a clean end, 1 when closing failed.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes what is no node, or the option
 */
export async function runNode(
  node: RunnableNode | readonly RunnableNode[],
  options: RunNodeOptions = {},
): Promise<void> {
  checkOptionNames("runNode()", options, ["graceMs", "signal"]);
  const { signal, ...closing } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw invalidArgument(`signal must be an AbortSignal, got ${showValue(signal)}`);
  const nodes = nodesOf(node);
  const over = new AbortController();
  const signals = new Signals((first) => {
    const calls = nodes.reduce((sum, { serving }) => sum + serving.callsInFlight, 0);
    const line = drainingLine(calls, first);
    if (process.stderr.isTTY && line !== undefined) process.stderr.write(line);
  });
  try {
    await Promise.race([
      signals.first,
      fired(signal, over.signal),
      Promise.all(nodes.map(({ closed }) => closed)),
    ]);
    const ends = await Promise.allSettled(nodes.map((each) => each.close(closing)));
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    process.exitCode ??= 0;
  } catch (error) {
    process.exitCode = 1;
    throw error;
  } finally {
    over.abort();
    signals.release();
  }
}

function nodesOf(given: unknown): readonly RunnableNode[] {
  const nodes: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = nodes.find((each) => !isRunnable(each));
  if (nodes.every(isRunnable)) return nodes;
  throw invalidArgument(
    `the first argument of runNode() must be a node, as createNode() makes it, or a list of nodes, got ${showValue(wrong)}${Array.isArray(given) ? " in the list" : ""}`,
  );
}

function isRunnable(given: unknown): given is RunnableNode {
  const node = given as Partial<RunnableNode> | null | undefined;
  return typeof node?.close === "function" && typeof node.closed?.then === "function";
}

/** What somebody at a terminal reads who has ended a program that goes on for a while; undefined if there is no reason to. */
export function drainingLine(calls: number, signal: Signal): string | undefined {
  if (calls === 0) return undefined;
  const again = signal === "SIGINT" ? "Ctrl-C again" : "Ctrl-C";
  return `heliograph: draining, ${calls} ${calls === 1 ? "call" : "calls"} in flight; ${again} to stop at once\n`;
}

/** The first signal asks, the second one means it. */
class Signals {
  readonly first: Promise<void>;
  readonly #listeners: [Signal, () => void][];
  #askedAt: number | undefined;

  constructor(onFirst: (signal: Signal) => void) {
    let resolveFirst: () => void;
    this.first = new Promise((resolve) => {
      resolveFirst = resolve;
    });
    const heard = (signal: Signal) => {
      const now = performance.now();
      if (this.#askedAt === undefined) {
        this.#askedAt = now;
        resolveFirst();
        onFirst(signal);
      } else if (now - this.#askedAt > SAME_SIGNAL_MS) process.exit(codes[signal]);
    };
    this.#listeners = (Object.keys(codes) as Signal[]).map((signal) => [signal, () => heard(signal)]);
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
  }

  release(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }
}

function fired(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener("abort", () => resolve(), { once: true, signal: over });
  });
}

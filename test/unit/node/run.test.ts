import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { drainingLine, type RunnableNode, runNode } from "../../../src/node/run.js";

const listeners = () => (["SIGINT", "SIGTERM"] as const).flatMap((signal) => process.listeners(signal));

let before: NodeJS.SignalsListener[];
let exitCode: typeof process.exitCode;
beforeEach(() => {
  before = listeners();
  exitCode = process.exitCode;
  process.exitCode = undefined;
});
afterEach(() => {
  process.exitCode = exitCode;
  vi.restoreAllMocks();
});

/** As the system would, but only to those who listen since the test began. */
function send(signal: "SIGINT" | "SIGTERM"): void {
  for (const listener of process.listeners(signal)) if (!before.includes(listener)) listener(signal);
}

class FakeNode implements RunnableNode {
  readonly graces: (number | undefined)[] = [];
  readonly serving = { callsInFlight: 0 };
  readonly closed: Promise<void>;
  readonly #closed = deferred();
  readonly drained = deferred();

  constructor() {
    this.closed = this.#closed.promise;
  }

  async close({ graceMs }: { graceMs?: number | undefined } = {}): Promise<void> {
    this.graces.push(graceMs);
    await this.drained.promise;
    this.#closed.resolve();
  }
}

function deferred() {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

function terminal(isTTY: boolean): () => string {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const was = process.stderr.isTTY;
  process.stderr.isTTY = isTTY;
  return () => {
    process.stderr.isTTY = was;
    return written.mock.calls.map(([text]) => String(text)).join("");
  };
}

describe("runNode", () => {
  test("closes the node at a first signal with the grace it was given, and leaves no listener behind", async () => {
    const node = new FakeNode();
    const running = runNode(node, { graceMs: 70 });
    expect(node.graces).toEqual([]);
    send("SIGTERM");
    node.drained.resolve();
    await running;
    expect(node.graces).toEqual([70]);
    expect(listeners()).toEqual(before);
    expect(process.exitCode).toBe(0);
  });

  test("takes a second signal that follows at once for the same one", async () => {
    const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as () => never);
    const node = new FakeNode();
    const running = runNode(node);
    send("SIGINT");
    send("SIGINT");
    send("SIGTERM");
    node.drained.resolve();
    await running;
    expect(exit).not.toHaveBeenCalled();
    expect(node.graces.length).toBe(1);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends the process at a later %s with %i", async (signal, code) => {
    const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as () => never);
    let now = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const node = new FakeNode();
    const running = runNode(node);
    send("SIGTERM");
    now += 201;
    send(signal);
    expect(exit.mock.calls).toEqual([[code]]);
    node.drained.resolve();
    await running;
  });

  test("ends with an abort signal, also one that has fired", async () => {
    const stop = new AbortController();
    const nodes = [new FakeNode(), new FakeNode()] as const;
    const running = runNode(nodes[0], { signal: stop.signal });
    stop.abort();
    for (const { drained } of nodes) drained.resolve();
    await running;
    await runNode(nodes[1], { signal: stop.signal });
    expect(nodes.map(({ graces }) => graces)).toEqual([[undefined], [undefined]]);
    expect(listeners()).toEqual(before);
  });

  test("returns when somebody else has closed the node", async () => {
    const node = new FakeNode();
    const running = runNode(node);
    node.drained.resolve();
    await node.close();
    await running;
    expect(process.exitCode).toBe(0);
    expect(listeners()).toEqual(before);
  });

  test("goes on until the last of several nodes is closed, and closes all at a signal", async () => {
    const nodes = [new FakeNode(), new FakeNode(), new FakeNode()];
    let over = false;
    const running = runNode(nodes).then(() => {
      over = true;
    });
    nodes[0]?.drained.resolve();
    await nodes[0]?.close();
    await new Promise(setImmediate);
    expect(over).toBe(false);
    send("SIGINT");
    for (const { drained } of nodes) drained.resolve();
    await running;
    expect(nodes.map(({ graces }) => graces.length)).toEqual([2, 1, 1]);
  });

  test("rejects when a node could not be closed, after all others were, and sets the exit code to 1", async () => {
    const bad = new FakeNode();
    const good = new FakeNode();
    const running = runNode([bad, good]);
    send("SIGINT");
    bad.drained.reject(new Error("stuck"));
    await new Promise(setImmediate);
    expect(listeners()).not.toEqual(before);
    good.drained.resolve();
    await expect(running).rejects.toThrow("stuck");
    expect(process.exitCode).toBe(1);
    expect(listeners()).toEqual(before);
  });

  test("keeps an exit code that the program has set", async () => {
    process.exitCode = 7;
    const node = new FakeNode();
    node.drained.resolve();
    const running = runNode(node);
    send("SIGINT");
    await running;
    expect(process.exitCode).toBe(7);
  });

  test.each([
    [undefined, "got undefined"],
    [{ close() {} }, "got an object"],
    [[new FakeNode(), null], "got null in the list"],
  ])("refuses what is no node: %#", async (given, shown) => {
    await expect(runNode(given as never)).rejects.toThrow(
      `INVALID_ARGUMENT: the first argument of runNode() must be a node, as createNode() makes it, or a list of nodes, ${shown}`,
    );
    expect(listeners()).toEqual(before);
    expect(process.exitCode).toBeUndefined();
  });

  test("refuses a signal that is none", async () => {
    await expect(runNode(new FakeNode(), { signal: "SIGINT" as never })).rejects.toThrow(
      'signal must be an AbortSignal, got "SIGINT"',
    );
  });

  test("refuses options that don't exist", async () => {
    await expect(runNode(new FakeNode(), { grace: 1 } as object)).rejects.toMatchObject({
      reason: "BAD_OPTION",
    });
    expect(listeners()).toEqual(before);
  });

  test.each([
    [true, "heliograph: draining, 3 calls in flight; Ctrl-C again to stop at once\n"],
    [false, ""],
  ])("says what it waits for if standard error is a terminal: %s", async (isTTY, said) => {
    const written = terminal(isTTY);
    const nodes = [new FakeNode(), new FakeNode()];
    nodes.forEach((node, i) => {
      node.serving.callsInFlight = i + 1;
      node.drained.resolve();
    });
    const running = runNode(nodes);
    send("SIGINT");
    await running;
    expect(written()).toBe(said);
  });
});

test("what is said on a terminal depends on what is waited for, and on how it was asked", () => {
  expect(drainingLine(0, "SIGINT")).toBeUndefined();
  expect(drainingLine(1, "SIGTERM")).toBe("heliograph: draining, 1 call in flight; Ctrl-C to stop at once\n");
});

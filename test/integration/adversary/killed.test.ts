import { afterAll, describe, expect, test } from "vitest";
import { Code, HeliographError } from "../../../src/index.js";
import { type Child, startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { Lateness } from "../../support/lateness.js";
import { within } from "../../support/within.js";

const CALLS = 50;

const open: AsyncDisposable[] = [];
afterAll(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

async function server(options: object = {}): Promise<Child> {
  const child = await startChild("echo-server", options);
  open.push(child);
  return child;
}

function connect(...endpoints: string[]) {
  const { connection, client } = echoClient(endpoints);
  open.push(connection);
  return client;
}

const endpointOf = (child: Child) => child.hello.endpoint ?? "";

/** Calls that hang in the server's handlers, and what became of them. */
async function hang(child: Child, client: ReturnType<typeof connect>, extra = 0) {
  let started = 0;
  const allStarted = new Promise<void>((resolve) => {
    child.process.on("message", (message: { kind: string }) => {
      if (message.kind === "running" && ++started === CALLS) resolve();
    });
  });
  const ends = Array.from({ length: CALLS + extra }, () =>
    client.echo({ text: "never" }, { timeoutMs: 60_000 }).then(
      () => new Error("it was answered"),
      (error: unknown) => error as HeliographError,
    ),
  );
  await within(20_000, "the handlers to start", allStarted);
  return ends;
}

describe.concurrent("the server is killed with calls in flight", () => {
  test("each ends within a second, as one of which it can't be known whether it ran", async () => {
    const child = await server();
    const ends = await hang(child, connect(endpointOf(child)));
    using late = new Lateness();
    const killedAt = performance.now();
    await child.kill();
    for (const error of await within(20_000, "the calls to end", Promise.all(ends))) {
      expect(error).toMatchObject({ code: Code.Unavailable, reason: "CONNECTION_LOST", notProcessed: false });
    }
    expect(performance.now() - killedAt).toBeLessThan(1_000 + late.ms);
  });

  test("those that were never sent end as not processed", async () => {
    // The server takes 50 calls of a session at a time; the others wait in the client.
    const child = await server({ limits: { maxCalls: CALLS } });
    const client = connect(endpointOf(child));
    await client.echo({});
    const ends = await hang(child, client, 20);
    await child.kill();
    const errors = await within(20_000, "the calls to end", Promise.all(ends));
    expect(errors.slice(0, CALLS).every((error) => !(error as HeliographError).notProcessed)).toBe(true);
    for (const error of errors.slice(CALLS)) {
      expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: true });
    }
  });

  test("the next call succeeds once it is back on the same port", async () => {
    const child = await server();
    const client = connect(endpointOf(child));
    const ends = await hang(child, client);
    await child.kill();
    await Promise.all(ends);
    await expect(client.echo({ text: "too early" })).rejects.toMatchObject({
      code: Code.Unavailable,
      notProcessed: true,
    });
    await server({ endpoint: endpointOf(child) });
    expect((await client.echo({ text: "back" })).text).toBe("back");
  });

  test("a call that waits for the server gets its answer after the restart", async () => {
    const child = await server();
    const client = connect(endpointOf(child));
    await client.echo({});
    await child.kill();
    // A call that is sent before the end of the connection shows is lost with it; this one ends when it does.
    await expect(client.echo({})).rejects.toMatchObject({ code: Code.Unavailable });
    const waiting = client.echo({ text: "patient" }, { waitForReady: true, timeoutMs: 60_000 });
    await server({ endpoint: endpointOf(child) });
    expect((await waiting).text).toBe("patient");
  });

  test("the next call goes to another port of the list", async () => {
    const [first, second] = [await server(), await server()];
    const client = connect(endpointOf(first), endpointOf(second));
    const ends = await hang(first, client);
    await first.kill();
    await Promise.all(ends);
    expect((await client.echo({ text: "elsewhere" })).text).toBe("elsewhere");
    expect((await second.ask("stats")).served).toBe(1);
  });

  test("a call that was only half sent ends within a second", async () => {
    using late = new Lateness();
    const child = await server();
    const client = connect(endpointOf(child));
    await client.echo({});
    child.process.kill("SIGSTOP");
    const end = client
      .echo({ data: Buffer.alloc(32 * 1024 * 1024) }, { timeoutMs: 60_000 })
      .catch((error) => error);
    const small = client.echo({ text: "small" }, { timeoutMs: 60_000 }).catch((error) => error);
    const killedAt = performance.now();
    await child.kill();
    const [large, other] = await within(20_000, "the calls to end", Promise.all([end, small]));
    expect(performance.now() - killedAt).toBeLessThan(1_000 + late.ms);
    expect(large).toBeInstanceOf(HeliographError);
    expect(large).toMatchObject({ code: Code.Unavailable });
    expect(other).toMatchObject({ code: Code.Unavailable });
  });
});

test("a client is killed: the signals of its handlers fire within a second", async () => {
  const child = await server();
  const clientProcess = await startChild("echo-caller", { endpoint: endpointOf(child), calls: CALLS });
  open.push(clientProcess);
  const cancelled = new Promise<void>((resolve) => {
    child.process.on("message", (message: { kind: string; cancelled?: number }) => {
      if (message.kind === "cancelled" && message.cancelled === CALLS) resolve();
    });
  });
  // Asks again: a report may have come between two looks.
  let { running } = await child.ask("stats");
  while ((running ?? 0) < CALLS) ({ running } = await child.ask("stats"));
  using late = new Lateness();
  const killedAt = performance.now();
  await clientProcess.kill();
  await within(20_000, "the handlers' signals", cancelled);
  expect(performance.now() - killedAt).toBeLessThan(1_000 + late.ms);
});

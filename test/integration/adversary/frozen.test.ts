import { afterAll, describe, expect, test } from "vitest";
import { Code, type HeliographError } from "../../../src/index.js";
import { startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { within } from "../../support/within.js";

const STALL_MS = 800;

const open: AsyncDisposable[] = [];
afterAll(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

describe.concurrent("a process that is stopped, while its kernel keeps the connection", () => {
  test("as a server: its calls end when it has answered no ping for stallMs, and the next one goes elsewhere", async () => {
    const [frozen, other] = await Promise.all([startChild("echo-server", {}), startChild("echo-server", {})]);
    open.push(frozen, other);
    const { connection, client } = echoClient([frozen.hello.endpoint ?? "", other.hello.endpoint ?? ""], {
      stallMs: STALL_MS,
    });
    open.push(connection);
    await client.echo({ text: "before" });
    frozen.process.kill("SIGSTOP");
    const error = await within(
      STALL_MS * 3,
      "the call to end",
      client.echo({ text: "now" }, { timeoutMs: 9_000 }).then(
        () => expect.unreachable("it was answered"),
        (reason: HeliographError) => reason,
      ),
    );
    expect(error).toMatchObject({ code: Code.Unavailable, notProcessed: false });
    expect(error.message).toContain("its event loop is blocked");
    // The one that is stopped still takes connections; it is given up as soon as it has not welcomed us in time.
    expect((await client.echo({ text: "after" }, { timeoutMs: 9_000, waitForReady: true })).text).toBe(
      "after",
    );
  });

  test("as a client: its session ends, and nothing is left of it in the server", async () => {
    const server = await startChild("echo-server", { stallMs: STALL_MS });
    open.push(server);
    const caller = await startChild("echo-caller", { endpoint: server.hello.endpoint, calls: 1 });
    open.push(caller);
    const fault = server.report("fault", STALL_MS * 4);
    caller.process.kill("SIGSTOP");
    expect((await fault).text).toContain("its event loop is blocked");
  });
});

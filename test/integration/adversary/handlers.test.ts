import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code } from "../../../src/index.js";
import { type Child, startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { within } from "../../support/within.js";

describe("a handler", () => {
  let child: Child;
  const dialed: string[] = [];
  let one: ReturnType<typeof echoClient>;
  let other: ReturnType<typeof echoClient>;

  beforeAll(async () => {
    child = await startChild("echo-server", { maxConcurrent: 300 });
    const endpoint = child.hello.endpoint ?? "";
    const sentHello = (name: string) => ({
      // The first message of a session holds HELLO, so a second session would show as another one.
      tap: ({ direction, parts }: { direction: string; parts: readonly Uint8Array[] }) => {
        if (direction === "out" && isHello(parts[0])) dialed.push(name);
        return parts;
      },
    });
    one = echoClient(endpoint, sentHello("one"));
    other = echoClient(endpoint, sentHello("other"));
    await Promise.all([one.client.echo({}), other.client.echo({})]);
  });

  afterAll(async () => {
    await Promise.all([one.connection.close(), other.connection.close()]);
    await child.kill();
  });

  const goesOn = async () => {
    expect((await one.client.echo({ text: "same session" })).text).toBe("same session");
    expect((await other.client.echo({ text: "other session" })).text).toBe("other session");
    expect(dialed.sort()).toEqual(["one", "other"]);
  };

  test.each(["throw", "reject"])(
    "that ends with %s fails its call, without the error's text",
    async (text) => {
      const error = await one.client.echo({ text }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: Code.Unknown, reason: "HANDLER_FAILED" });
      expect(String(error)).not.toContain("secret");
      await goesOn();
    },
  );

  test.each(["nonsense", "nothing"])("that returns %s fails its call with INTERNAL", async (text) => {
    await expect(one.client.echo({ text })).rejects.toMatchObject({ code: Code.Internal });
    await goesOn();
  });

  test("that returns what can't even be looked at fails its call and nothing else", async () => {
    await expect(one.client.echo({ text: "evil" })).rejects.toMatchObject({ code: Code.Unknown });
    await goesOn();
  });

  test("that never returns costs its callers their deadlines and nothing else", async () => {
    const calls = Array.from({ length: 200 }, () => one.client.echo({ text: "never" }, { timeoutMs: 200 }));
    for (const end of await Promise.allSettled(calls)) {
      expect(end).toMatchObject({ status: "rejected", reason: { code: Code.DeadlineExceeded } });
    }
    await goesOn();
    // Their lanes are free again.
    const again = Array.from({ length: 300 }, () => other.client.echo({ delayMs: 1 }));
    await Promise.all(again);
  });

  test("that blocks the loop for 3 s loses no link: all other calls are late, none fails", async () => {
    const blocked = one.client.echo({ text: "block", delayMs: 3_000 });
    const waiting = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? one : other).client.echo({ text: String(i) }),
    );
    const answers = await within(20_000, "the answers", Promise.all(waiting));
    expect(answers.map(({ text }) => Number(text))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect((await blocked).text).toBe("block");
    await goesOn();
  });

  test("has its faults in the server's log, not in the process's end", async () => {
    const { faults = [] } = await child.ask("stats");
    expect(faults.filter((fault) => fault.includes("a secret of the server")).length).toBe(2);
  });
});

/** The first frame of a packet is HELLO: tag and padded length of the frame, then kind 1. */
function isHello(part: Uint8Array | undefined): boolean {
  return part !== undefined && part[0] === 0x0a && part[4] === 0x08 && part[5] === 1;
}

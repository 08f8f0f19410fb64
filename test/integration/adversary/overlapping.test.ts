import { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createNode, insecure, serve } from "../../../src/index.js";
import { EchoResponse } from "../../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { echoClient } from "../../support/echo-client.js";
import { Random } from "../../support/random.js";

const CALLS = 1_000;

describe.each([
  ["tcp", "tcp://127.0.0.1:*"],
  ["ipc", `ipc://${join(tmpdir(), `heliograph-${process.pid}.sock`)}`],
])("1,000 overlapping calls over %s", (_scheme, endpoint) => {
  test("get their own answers, whatever the order in which the handlers end", async () => {
    const random = new Random(20_260_101);
    const ended: number[] = [];
    await using node = createNode({ name: "shuffled", security: insecure() });
    const waiting: { readonly end: () => void }[] = [];
    let all: () => void = () => {};
    const allStarted = new Promise<void>((resolve) => {
      all = resolve;
    });
    const { endpoints } = await serve(
      node,
      EchoService,
      {
        async echo(request) {
          await new Promise<void>((end) => {
            waiting.push({ end });
            if (waiting.length === CALLS) all();
          });
          ended.push(Number(request.text));
          return EchoResponse.create({ text: request.text, data: request.data });
        },
      },
      { endpoint, maxConcurrent: CALLS },
    );
    const { connection, client } = echoClient(endpoints);
    await using _ = connection;
    const calls = Array.from({ length: CALLS }, async (_unused, i) => {
      const data = Buffer.alloc(random.below(40_000), i & 255);
      const answer = await client.echo({ text: String(i), data });
      return answer.text === String(i) && data.equals(answer.data);
    });
    await allStarted;
    // Ended in random order, some in the same turn, some not.
    while (waiting.length > 0) {
      const [one] = waiting.splice(random.below(waiting.length), 1);
      one?.end();
      if (random.chance(0.2)) await delay(0);
    }
    expect((await Promise.all(calls)).filter((own) => !own)).toEqual([]);
    expect(ended.length).toBe(CALLS);
    expect(ended.filter((value, i) => value === i).length).toBeLessThan(CALLS / 10);
  });
});

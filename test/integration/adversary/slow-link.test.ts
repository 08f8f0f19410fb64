import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { Lateness } from "../../support/lateness.js";
import { percentile } from "../../support/percentile.js";
import { Random } from "../../support/random.js";
import { type SlowLink, slowLink } from "../../support/slow-link.js";
import { scaled } from "../../support/soak.js";

const MB = 1_000_000;
const BYTES_PER_SECOND = 20 * MB;
/** One large payload; the long form has the size that a ZeroMQ part of its own would never survive. */
const LARGE = scaled(20 * MB, 100 * MB);
/**
 * Small calls wait behind half a window that is on its way, and one chunk: 40 ms at this speed; one that waits for a large payload takes several times as long.
 */
const P99_MS = 250;
const TIMEOUT_MS = scaled(50_000, 120_000);

describe("over a link of 20 MB/s", () => {
  let child: Child;
  let link: SlowLink;
  let one: ReturnType<typeof echoClient>;
  let sessions = 0;
  let late: Lateness;

  beforeEach(async () => {
    late = new Lateness();
    const limits = { messageBytes: 200 * MB };
    child = await startChild("echo-server", { limits });
    link = await slowLink(child.hello.endpoint ?? "", BYTES_PER_SECOND);
    sessions = 0;
    one = echoClient(link.endpoint, {
      limits,
      tap: ({ direction, parts }) => {
        // Only HELLO and a REQUEST's path are words; the first message of each session has the former.
        if (direction === "out" && parts[0]?.[5] === 1) sessions++;
        return parts;
      },
    });
    await one.client.echo({});
  });
  afterEach(async () => {
    late[Symbol.dispose]();
    await one.connection.close();
    await link[Symbol.asyncDispose]();
    await child.kill();
  });

  /** Small calls, one after the other, until the large ones have ended: how long each took. */
  async function beside(large: Promise<unknown>): Promise<number[]> {
    const times: number[] = [];
    let over = false;
    void large.finally(() => {
      over = true;
    });
    while (!over) {
      const at = performance.now();
      await one.client.echo({ text: "small" });
      times.push(performance.now() - at);
    }
    await large;
    return times;
  }

  function expectPrompt(what: string, bytes: number, startedAt: number, times: number[]): void {
    const rate = bytes / MB / ((performance.now() - startedAt) / 1000);
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    console.info(
      `${what}: ${rate.toFixed(1)} MB/s; small calls p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`,
    );
    expect(p99).toBeLessThan(P99_MS + late.ms);
    expect(times.length).toBeGreaterThan(10);
    expect(sessions).toBe(1);
  }

  test("large answers arrive whole, and small calls stay prompt beside them", async () => {
    const startedAt = performance.now();
    const large = one.client.echo({ answerBytes: LARGE }, { timeoutMs: TIMEOUT_MS });
    const times = await beside(large);
    const { data } = await large;
    expect(hash(data)).toBe(hash(Buffer.alloc(LARGE, data[0])));
    expectPrompt("answers", LARGE, startedAt, times);
  });

  test("large requests arrive whole, and small calls stay prompt beside them", async () => {
    const sent = Array.from({ length: 2 }, (_, i) => Buffer.alloc(LARGE / 2, new Random(i).bytes(65_521)));
    const startedAt = performance.now();
    // Echoed, so they travel both ways, at the same time once the first is there.
    const large = Promise.all(sent.map((data) => one.client.echo({ data }, { timeoutMs: TIMEOUT_MS })));
    const times = await beside(large);
    expect((await large).map(({ data }) => hash(data))).toEqual(sent.map(hash));
    expectPrompt("requests", LARGE, startedAt, times);
  });
});

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

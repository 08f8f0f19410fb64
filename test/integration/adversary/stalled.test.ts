import { afterEach, describe, expect, test } from "vitest";
import { FrameField, FrameKind } from "../../../src/wire/frame.js";
import { initialLimits, PARALLEL_PAYLOADS } from "../../../src/wire/limits.js";
import { type Child, startChild } from "../../support/child.js";
import { echoClient } from "../../support/echo-client.js";
import { Lateness } from "../../support/lateness.js";
import { percentile } from "../../support/percentile.js";
import { echoRequest, hello, packet, RawPeer } from "../../support/raw-peer.js";

const MIB = 1024 * 1024;
const ANSWERS = 5_000;
const STALL_MS = 1_000;
const MAX_CONCURRENT = 32;
/**
 * What one session may make the server keep: the window, twice, as ZeroMQ and the kernel have it; the four answers
 * whose chunks are under way; and 4 MiB that are held behind them, overdrawn by one answer.
 */
const HELD = 2 * initialLimits.windowBytes + PARALLEL_PAYLOADS * MIB + 5 * MIB;
/** Answers that are being made, garbage that has not been collected, and what a process takes as it warms up. */
const SLACK = 64 * MIB;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

async function start(): Promise<{ child: Child; endpoint: string; before: number }> {
  const child = await startChild("echo-server", { stallMs: STALL_MS, maxConcurrent: MAX_CONCURRENT });
  open.push(child);
  const endpoint = child.hello.endpoint ?? "";
  // A reader of the same answers warms the server up: what it needs for them once is no leak.
  const { connection, client } = echoClient(endpoint);
  for (let i = 0; i < 32; i++) await client.echo({ answerBytes: MIB });
  await connection.close();
  const { rss = 0 } = await child.ask("stats");
  return { child, endpoint, before: rss };
}

/** Calls of a well-behaved client, one after the other, until they are stopped: how long each took. */
function healthy(endpoint: string) {
  const { connection, client } = echoClient(endpoint);
  open.push(connection);
  const times: number[] = [];
  const late = new Lateness();
  open.push({ [Symbol.asyncDispose]: async () => late[Symbol.dispose]() });
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      const at = performance.now();
      await client.echo({ text: "well" });
      times.push(performance.now() - at);
    }
  })();
  return {
    times,
    late,
    stop: async () => {
      stopped = true;
      await done;
    },
  };
}

function hungry(endpoint: string, delayMs: number): RawPeer {
  const peer = new RawPeer(endpoint, { receiveHighWaterMark: 1 });
  open.push({ [Symbol.asyncDispose]: async () => peer.close() });
  // All the calls at once, as many as a session may have in flight again and again; no answer is ever read.
  const perPacket = 250;
  void peer.send(packet((writer) => hello(writer)));
  for (let first = 1; first <= ANSWERS; first += perPacket) {
    void peer.send(
      packet((writer) => {
        for (let id = first; id < first + perPacket; id++)
          echoRequest(writer, id, { answerBytes: MIB, delayMs });
      }),
    );
  }
  return peer;
}

/** The server's highest memory until the peer was cut off. */
async function untilCutOff(child: Child): Promise<{ maxRss: number }> {
  const { text } = await child.report("fault");
  // The window that stays full or the ping that is not answered: whichever is noticed first.
  expect(text).toMatch(/nothing was read|has answered nothing/);
  const { maxRss = 0 } = await child.ask("stats");
  return { maxRss };
}

describe("a peer that asks for 5,000 answers of 1 MiB and reads none", () => {
  test.each([
    ["at once", 0, 0],
    ["later", 5, MAX_CONCURRENT * MIB],
  ])(
    "is cut off, its memory is bounded, others are unharmed: handlers answer %s",
    async (_when, delayMs, more) => {
      const { child, endpoint, before } = await start();
      const well = healthy(endpoint);
      hungry(endpoint, delayMs);
      const { maxRss } = await untilCutOff(child);
      await well.stop();
      const grown = (maxRss - before) / MIB;
      const p99 = percentile(well.times, 0.99);
      console.info(
        `stalled peer: +${grown.toFixed(0)} MiB, others' p99 ${p99.toFixed(1)} ms (${well.times.length} calls)`,
      );
      expect(grown).toBeLessThan((HELD + more + SLACK) / MIB);
      expect(p99).toBeLessThan(100 + well.late.ms);
      // What was held for it is free again.
      const { rss = 0 } = await child.ask("stats");
      expect((rss - before) / MIB).toBeLessThan((HELD + more + SLACK) / MIB);
    },
  );

  test("as a stopped process, is cut off all the same", async () => {
    const { child, endpoint, before } = await start();
    const well = healthy(endpoint);
    const caller = await startChild("echo-caller", { endpoint, calls: 1_000, answerBytes: MIB });
    caller.process.kill("SIGSTOP");
    open.push({
      async [Symbol.asyncDispose]() {
        caller.process.kill("SIGCONT");
        await caller.kill();
      },
    });
    const { maxRss } = await untilCutOff(child);
    await well.stop();
    expect((maxRss - before) / MIB).toBeLessThan((HELD + SLACK) / MIB);
    expect(percentile(well.times, 0.99)).toBeLessThan(100 + well.late.ms);
  });
});

test("a peer that reads slowly, but reads, is not cut off, however long it takes", async () => {
  const { child, endpoint } = await start();
  const peer = new RawPeer(endpoint);
  open.push({ [Symbol.asyncDispose]: async () => peer.close() });
  await peer.send(packet((writer) => hello(writer)));
  await peer.send(packet((writer) => echoRequest(writer, 1, { answerBytes: 32 * MIB })));
  const startedAt = performance.now();
  const totals = { bytes: 0, packets: 0 };
  // One chunk at a time; what was read is told so late that the whole takes twice as long as a stall may.
  for (let ends = false; !ends; ) {
    const parts = await peer.socket.receive();
    totals.bytes += parts.reduce((sum, part) => sum + part.length, 0);
    totals.packets++;
    const passed = performance.now() - startedAt;
    const due = (totals.bytes / (32 * MIB)) * 2.5 * STALL_MS;
    if (due > passed) await new Promise((resolve) => setTimeout(resolve, due - passed));
    await peer.send(packet((writer) => credit(writer), [totals.bytes, totals.packets]));
    ends = totals.bytes >= 32 * MIB;
  }
  const { faults } = await child.ask("stats");
  expect(faults).toEqual([]);
  expect(performance.now() - startedAt).toBeGreaterThan(2 * STALL_MS);
});

test("a peer that calls what nobody serves, and reads nothing, is cut off", async () => {
  const { child, endpoint, before } = await start();
  const peer = new RawPeer(endpoint, { receiveHighWaterMark: 1 });
  open.push({ [Symbol.asyncDispose]: async () => peer.close() });
  await peer.send(packet((writer) => hello(writer)));
  const cut = child.report("fault");
  const method = `${"x".repeat(500)}/Y`;
  for (let id = 1; id <= 20_000; ) {
    await peer.send(
      packet((writer) => {
        for (const last = id + 100; id < last; id++) {
          writer.begin(FrameKind.Request, id);
          writer.text(FrameField.method, method);
          writer.end();
        }
      }),
    );
  }
  expect((await cut).text).toContain("refusals wait");
  const { maxRss = 0 } = await child.ask("stats");
  expect((maxRss - before) / MIB).toBeLessThan(SLACK / MIB);
});

function credit(writer: Parameters<Parameters<typeof packet>[0]>[0]): void {
  writer.begin(FrameKind.Credit, 0);
  writer.end();
}

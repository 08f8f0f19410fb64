import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  type CallResult,
  Code,
  type DeadlineOptions,
  deadline,
  type InterceptedCall,
} from "../../../src/index.js";
import { fakeClock } from "../../../src/testing/index.js";
import { answer, answersOf, collect, listed, rejection, serverStreamCall, turn, unaryCall } from "./calls.js";

const never = () => new Promise<never>(() => {});

/** The time that a call is passed on with. */
async function timeOf(options: DeadlineOptions, timeoutMs: number): Promise<number> {
  let seen = Number.NaN;
  const passed = async (call: InterceptedCall): Promise<CallResult> => {
    seen = call.remainingMs();
    return answer("ok");
  };
  await deadline(options)(passed)(unaryCall({ timeoutMs }));
  return seen;
}

describe("deadline on a client", () => {
  test.each<[DeadlineOptions, number, number]>([
    [{ defaultMs: 300 }, Number.POSITIVE_INFINITY, 300],
    [{ defaultMs: 300 }, 1_000, 1_000],
    [{ maxMs: 500 }, Number.POSITIVE_INFINITY, 500],
    [{ maxMs: 500 }, 1_000, 500],
    [{ maxMs: 500 }, 100, 100],
    [{ defaultMs: 300, maxMs: 500 }, Number.POSITIVE_INFINITY, 300],
    [{ defaultMs: 700, maxMs: 500 }, Number.POSITIVE_INFINITY, 500],
  ])("%j makes of %d ms %d ms", async (options, timeoutMs, passed) => {
    expect(await timeOf(options, timeoutMs)).toBe(passed);
  });

  test("counts the time down, and ends the call when it is over, though nothing further in does", async () => {
    const clock = fakeClock();
    let inner: InterceptedCall | undefined;
    const limited = deadline({ maxMs: 500 })((call) => {
      inner = call;
      return never();
    });
    const call = unaryCall({ clock });
    const result = rejection(limited(call));
    clock.advance(200);
    expect(inner?.remainingMs()).toBe(300);
    clock.advance(300);
    expect(await result).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
    expect(inner?.signal.reason).toMatchObject({ code: Code.DeadlineExceeded });
    expect([clock.timers, getEventListeners(call.signal, "abort").length]).toEqual([0, 0]);
  });

  test("passes the caller's own signal on", async () => {
    const controller = new AbortController();
    const clock = fakeClock();
    let inner: AbortSignal | undefined;
    void deadline({ maxMs: 500 })((call) => {
      inner = call.signal;
      return never();
    })(unaryCall({ clock, signal: controller.signal }));
    controller.abort("enough");
    expect([inner?.reason, clock.timers]).toEqual(["enough", 0]);
  });

  test("leaves nothing behind of a call that has ended in time", async () => {
    const clock = fakeClock();
    const limit = deadline({ maxMs: 500 });
    const call = unaryCall({ clock });
    await limit(async () => answer("ok"))(call);
    const stream = serverStreamCall({ clock });
    await collect((await limit(async () => answersOf(listed([1, 2])))(stream)).messages);
    const left = serverStreamCall({ clock });
    for await (const _ of (await limit(async () => answersOf(listed([1, 2])))(left)).messages ?? []) break;
    const listeners = [call, stream, left].map(({ signal }) => getEventListeners(signal, "abort").length);
    expect([clock.timers, listeners]).toEqual([0, [0, 0, 0]]);
  });

  test("ends a stream in the middle", async () => {
    const clock = fakeClock();
    const answers = async function* () {
      yield 1;
      await never();
    };
    const { messages } = await deadline({ maxMs: 500 })(async () => answersOf(answers()))(
      serverStreamCall({ clock, timeoutMs: Number.POSITIVE_INFINITY }),
    );
    const seen: unknown[] = [];
    const reading = rejection(
      (async () => {
        for await (const message of messages ?? []) seen.push(message);
      })(),
    );
    await turn();
    clock.advance(500);
    expect((await reading).code).toBe(Code.DeadlineExceeded);
    expect([seen, clock.timers]).toEqual([[1], 0]);
  });
});

describe("deadline on a server", () => {
  const served = (options: DeadlineOptions, timeoutMs: number) =>
    deadline(options)(async () => answer("ok"))(unaryCall({ side: "server", timeoutMs }));

  test("refuses calls with too much time, or with no deadline", async () => {
    expect(await rejection(served({ maxMs: 500 }, 1_000))).toMatchObject({
      code: Code.InvalidArgument,
      reason: "DEADLINE_TOO_LONG",
      notProcessed: true,
      rawMessage:
        "heliograph.test.v1.CallService/Look: the call has 1000 ms left; the server takes at most 500 ms (timeoutMs)",
    });
    expect((await rejection(served({ maxMs: 500 }, Number.POSITIVE_INFINITY))).rawMessage).toContain(
      "no deadline",
    );
  });

  test("lets others pass as they are", async () => {
    expect((await served({ maxMs: 500 }, 500)).message).toBe("ok");
    expect((await served({ defaultMs: 500 }, Number.POSITIVE_INFINITY)).message).toBe("ok");
  });
});

test.each<[unknown, string]>([
  [{}, "needs defaultMs, maxMs or both"],
  [{ maxMs: 0 }, "got 0"],
  [{ defaultMs: "1s" }, 'got "1s"'],
  [{ timeoutMs: 1 }, 'no option "timeoutMs"'],
])("deadline refuses %j and quotes it", (options, quoted) => {
  expect(() => deadline(options as DeadlineOptions)).toThrow(quoted);
});

import { describe, expect, test } from "vitest";
import { Code, HeliographError, type RetryInterceptorOptions, retry } from "../../../src/index.js";
import type { RetryOptions } from "../../../src/rpc/retry-options.js";
import { fakeClock } from "../../../src/testing/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { failing, rejection, turn, unaryCall } from "./calls.js";

const backoff = { initialMs: 0 };

/** How often a call that always fails is made. */
async function attempts(
  options: RetryInterceptorOptions,
  own?: RetryOptions | false,
  side: "client" | "server" = "client",
): Promise<number> {
  const clock = fakeClock();
  const next = failing(1_000);
  let over = false;
  const call = { ...unaryCall({ clock, side, method: CallService.look }), retry: own };
  const ended = rejection(retry(options)(next)(call)).finally(() => {
    over = true;
  });
  while (!over) {
    clock.advance(0);
    await turn();
  }
  await ended;
  return next.calls;
}

describe("retry", () => {
  test("makes three attempts unless told otherwise", async () => {
    expect(await attempts({ backoff })).toBe(3);
    expect(await attempts({ backoff, attempts: 4 })).toBe(4);
  });

  test("gives way to what the call says", async () => {
    expect(await attempts({ backoff }, { backoff, attempts: 2 })).toBe(2);
    expect(await attempts({ backoff }, false)).toBe(1);
  });

  test("has its own options for methods, by name and by path, the path first", async () => {
    expect(await attempts({ backoff, methods: { Look: { attempts: 2, backoff } } })).toBe(2);
    expect(await attempts({ backoff, methods: { Look: false } })).toBe(1);
    expect(await attempts({ backoff, methods: { Other: false } })).toBe(3);
    const both = { Look: false, "heliograph.test.v1.CallService/Look": { attempts: 2, backoff } } as const;
    expect(await attempts({ backoff, methods: both })).toBe(2);
    expect(await attempts({ backoff, methods: { Look: false } }, { backoff, attempts: 2 })).toBe(2);
  });

  test("does nothing on a server", async () => {
    expect(await attempts({ backoff }, undefined, "server")).toBe(1);
  });

  test("is done once, however many there are", async () => {
    const clock = fakeClock();
    const next = failing(1_000);
    const inner = retry({ attempts: 9, backoff })(next);
    for (const own of [false, undefined, { attempts: 1 }] as const) {
      const call = rejection(retry({ attempts: 2, backoff })(inner)({ ...unaryCall({ clock }), retry: own }));
      for (let i = 0; i < 5; i++) {
        await turn();
        clock.advance(0);
      }
      await call;
    }
    expect(next.calls).toBe(1 + 2 + 1);
  });

  test("makes no further attempts while too many of all its calls fail", async () => {
    const shared = retry({ attempts: 1_000, backoff });
    const clock = fakeClock();
    const next = failing(1_000, () => new HeliographError(Code.Unavailable, "too much", { origin: "peer" }));
    const call = rejection(shared(next)(unaryCall({ clock })));
    for (let i = 0; i < 10; i++) {
      await turn();
      clock.advance(0);
    }
    await call;
    expect(next.calls).toBe(5);
    await rejection(shared(next)(unaryCall({ clock })));
    expect(next.calls).toBe(6);
  });

  test.each<[unknown, string]>([
    [{ attempts: 0 }, "got 0"],
    [{ methods: { Look: { attempts: 0 } } }, "got 0"],
    [{ methods: { Look: true } }, "got true"],
    [{ methods: "Look" }, 'got "Look"'],
    [{ tries: 3 }, 'no option "tries"'],
  ])("refuses %j and quotes it", (options, quoted) => {
    expect(() => retry(options as RetryInterceptorOptions)).toThrow(quoted);
  });
});

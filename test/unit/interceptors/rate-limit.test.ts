import { describe, expect, test } from "vitest";
import { Code, rateLimit } from "../../../src/index.js";
import type { RateLimitOptions } from "../../../src/interceptors/rate-limit.js";
import { fakeClock } from "../../../src/testing/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { failing, rejection, unaryCall } from "./calls.js";

describe("rateLimit", () => {
  test("lets a burst begin, refuses more, and says when there is room", async () => {
    const clock = fakeClock();
    const next = failing(0);
    const limited = rateLimit({ perSecond: 10, burst: 2 })(next);
    await limited(unaryCall({ clock }));
    await limited(unaryCall({ clock }));
    const refused = unaryCall({ clock });
    expect(await rejection(limited(refused))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "RATE_LIMITED",
      notProcessed: true,
      rawMessage:
        "heliograph.test.v1.CallService/Look: more than 10 calls per second; there is room again in 100 ms",
    });
    expect([refused.trailers.text("retry-pushback-ms"), next.calls]).toEqual(["100", 2]);
    clock.advance(100);
    await limited(unaryCall({ clock }));
    expect(next.calls).toBe(3);
  });

  test.each<[RateLimitOptions["key"], number]>([
    [undefined, 1],
    ["method", 2],
    ["peer", 2],
    [({ method, peer }) => `${method.name} ${peer?.node}`, 3],
  ])("counts apart by %s", async (key, passed) => {
    const clock = fakeClock();
    const next = failing(0);
    const limited = rateLimit({ perSecond: 1, key })(next);
    const peers = [
      { node: "a", instance: "1" },
      { node: "b", instance: "1" },
    ];
    await limited(unaryCall({ clock, peer: peers[0]! }));
    await limited(unaryCall({ clock, peer: peers[0]!, method: CallService.call })).catch(() => {});
    await limited(unaryCall({ clock, peer: peers[1]! })).catch(() => {});
    expect(next.calls).toBe(passed);
  });

  test("keeps no more than 10,000 keys, and forgets those first that it need not know", async () => {
    const clock = fakeClock();
    const next = failing(0);
    let key = "";
    const limited = rateLimit({ perSecond: 1, key: () => key })(next);
    const passes = async (name: string) => {
      key = name;
      const before = next.calls;
      await limited(unaryCall({ clock })).catch(() => {});
      return next.calls > before;
    };
    await passes("quiet");
    clock.advance(1_000);
    await passes("busy");
    for (let i = 0; i < 9_998; i++) await passes(`key ${i}`);
    // The next one makes room: that of the quiet one, which has a token again, and of a tenth of the others.
    await passes("one more");
    expect([await passes("quiet"), await passes("key 9997"), await passes("busy")]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test.each<[unknown, string]>([
    [{}, "perSecond must be a number above 0, got undefined"],
    [{ perSecond: 0 }, "got 0"],
    [{ perSecond: Number.POSITIVE_INFINITY }, "got Infinity"],
    [{ perSecond: 1, burst: 0 }, "got 0"],
    [{ perSecond: 1, key: "tenant" }, 'got "tenant"'],
    [{ rate: 1 }, 'no option "rate"'],
  ])("refuses %j and quotes it", (options, quoted) => {
    expect(() => rateLimit(options as RateLimitOptions)).toThrow(quoted);
  });
});

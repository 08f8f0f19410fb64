import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type CallResult, Code, HeliographError, type InterceptedCall } from "../../../../src/index.js";
import { attempt } from "../../../../src/rpc/retry/attempt.js";
import { retryPolicyFrom } from "../../../../src/rpc/retry/retry-policy.js";
import { RetryThrottle } from "../../../../src/rpc/retry/retry-throttle.js";
import type { RetryOptions } from "../../../../src/rpc/retry-options.js";
import { type FakeClock, fakeClock } from "../../../../src/testing/index.js";
import { CallService } from "../../../gen/heliograph/test/v1/call_heliograph.js";
import {
  answer,
  answersOf,
  type CallInit,
  clientStreamCall,
  collect,
  listed,
  rejection,
  serverStreamCall,
  turn,
  unaryCall,
  unavailable,
} from "../../interceptors/calls.js";

/** One attempt that a test answers. */
interface Attempt {
  readonly call: InterceptedCall;
  readonly at: number;
  resolve(result: CallResult): void;
  reject(error: unknown): void;
}

function hedged(options: RetryOptions = {}, init: CallInit = {}, throttle = new RetryThrottle()) {
  return hedgedCall((clock) => unaryCall({ ...init, clock }), options, throttle);
}

function hedgedCall(
  makeCall: (clock: FakeClock) => InterceptedCall,
  options: RetryOptions = {},
  throttle = new RetryThrottle(),
) {
  const clock = fakeClock();
  const call = makeCall(clock);
  const attempts: Attempt[] = [];
  const next = (inner: InterceptedCall) =>
    new Promise<CallResult>((resolve, reject) => {
      attempts.push({ call: inner, at: clock.now(), resolve, reject });
      // As a transport does.
      inner.signal.addEventListener("abort", () => reject(inner.signal.reason));
    });
  const policy = retryPolicyFrom({ hedgeAfterMs: 100, ...options });
  const result = attempt(call, next, policy, { clock, random: () => 0, throttle });
  result.catch(() => {});
  return { clock, call, attempts, result };
}

describe("a hedged call", () => {
  test("is made again when it was not answered in time; the first success counts and ends the others", async () => {
    const { clock, attempts, result } = hedged({ attempts: 3 });
    expect(attempts.map(({ at }) => at)).toEqual([0]);
    clock.advance(99);
    expect(attempts).toHaveLength(1);
    clock.advance(1_000);
    expect(attempts.map(({ at }) => at)).toEqual([0, 100, 200]);
    attempts[1]?.resolve(answer("second"));
    expect((await result).message).toBe("second");
    expect(attempts.map(({ call }) => call.signal.aborted)).toEqual([true, false, true]);
    expect(attempts[2]?.call.metadata.text("previous-attempts")).toBe("2");
    expect(clock.timers).toBe(0);
  });

  test("is made once when it is answered in time", async () => {
    const { clock, attempts, result } = hedged();
    attempts[0]?.resolve(answer("first"));
    expect((await result).message).toBe("first");
    clock.advance(1_000);
    expect([attempts.length, clock.timers]).toEqual([1, 0]);
  });

  test("does not wait after a failure that another attempt may mend", async () => {
    const { attempts, result } = hedged();
    attempts[0]?.reject(unavailable());
    await turn();
    expect(attempts).toHaveLength(2);
    attempts[1]?.resolve(answer("second"));
    expect((await result).message).toBe("second");
  });

  test("fails as soon as one attempt fails in a way that no other would mend", async () => {
    const { clock, attempts, result } = hedged();
    clock.advance(100);
    attempts[1]?.reject(new HeliographError(Code.NotFound, "no"));
    expect((await rejection(result)).code).toBe(Code.NotFound);
    expect([attempts[0]?.call.signal.aborted, clock.timers]).toEqual([true, 0]);
  });

  test("fails with the last failure when all attempts have failed", async () => {
    const { clock, attempts, result } = hedged({ attempts: 2 });
    clock.advance(100);
    attempts[1]?.reject(unavailable());
    await turn();
    attempts[0]?.reject(new HeliographError(Code.Unavailable, "the last"));
    expect((await rejection(result)).rawMessage).toBe("the last");
  });

  test("is not made again before the time that a server names, and never when it says so", async () => {
    const { clock, attempts, result } = hedged({ attempts: 3 });
    attempts[0]?.call.trailers.set("retry-pushback-ms", "500");
    attempts[0]?.reject(unavailable());
    await turn();
    clock.advance(499);
    expect(attempts).toHaveLength(1);
    clock.advance(1);
    expect(attempts).toHaveLength(2);
    attempts[1]?.call.trailers.set("retry-pushback-ms", "-1");
    attempts[1]?.reject(unavailable());
    await rejection(result);
    expect([attempts.length, clock.timers]).toEqual([2, 0]);
  });

  test("keeps to the throttle", async () => {
    const throttle = new RetryThrottle();
    for (let i = 0; i < 5; i++) throttle.failed();
    const { clock, attempts, result } = hedged({}, {}, throttle);
    clock.advance(1_000);
    expect(attempts).toHaveLength(1);
    attempts[0]?.reject(unavailable());
    await rejection(result);
    expect(attempts).toHaveLength(1);
  });

  test("ends all its attempts when its signal fires, and leaves neither timer nor listener", async () => {
    const controller = new AbortController();
    const { clock, attempts, result } = hedged({ attempts: 3 }, { signal: controller.signal });
    clock.advance(100);
    controller.abort(new HeliographError(Code.Cancelled, "enough"));
    expect((await rejection(result)).rawMessage).toBe("enough");
    expect(attempts.map(({ call }) => call.signal.aborted)).toEqual([true, true]);
    expect([clock.timers, getEventListeners(controller.signal, "abort").length]).toEqual([0, 0]);
  });

  test("has no attempts that overlap when repeating may do harm", async () => {
    const { clock, attempts, result } = hedged({}, { method: CallService.call });
    clock.advance(1_000);
    expect(attempts).toHaveLength(1);
    attempts[0]?.resolve(answer("only"));
    expect((await result).message).toBe("only");
  });

  test("of a stream is decided by the first answer; the others are left", async () => {
    const { clock, call, attempts, result } = hedgedCall((clock) => serverStreamCall({ clock }), {
      anyMethod: true,
    });
    const reading = collect((await result).messages);
    await turn();
    clock.advance(100);
    let left = 0;
    const waiting = (async function* () {
      try {
        await new Promise((_, reject) => {
          attempts[0]?.call.signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      } finally {
        left++;
      }
      yield 0;
    })();
    attempts[0]?.resolve(answersOf(waiting));
    attempts[1]?.resolve(answersOf(listed([1, 2])));
    expect(await reading).toEqual([1, 2]);
    expect(left).toBe(1);
    expect(getEventListeners(call.signal, "abort")).toHaveLength(0);
  });

  test("of a stream of requests gives each attempt all of them", async () => {
    const { clock, attempts, result } = hedgedCall(
      (clock) => clientStreamCall(listed([1, 2, 3]), { clock }),
      { anyMethod: true },
    );
    clock.advance(100);
    const [first, second] = attempts;
    expect(await collect(first?.call.requests)).toEqual([1, 2, 3]);
    expect(await collect(second?.call.requests)).toEqual([1, 2, 3]);
    second?.resolve(answer("ok"));
    expect((await result).message).toBe("ok");
  });

  test("goes on with the attempt that reads more requests than are kept", async () => {
    const many = Array.from({ length: 300 }, (_, n) => n);
    const { clock, attempts, result } = hedgedCall((clock) => clientStreamCall(listed(many), { clock }), {
      anyMethod: true,
      attempts: 5,
    });
    clock.advance(100);
    const [first, second] = attempts;
    expect(await collect(second?.call.requests)).toHaveLength(300);
    expect([first?.call.signal.aborted, second?.call.signal.aborted]).toEqual([true, false]);
    clock.advance(1_000);
    expect(attempts).toHaveLength(2);
    second?.resolve(answer("ok"));
    expect((await result).message).toBe("ok");
  });
});

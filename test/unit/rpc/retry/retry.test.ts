import { describe, expect, test } from "vitest";
import { Code, HeliographError, type InterceptedCall, Metadata, type Next } from "../../../../src/index.js";
import { attempt } from "../../../../src/rpc/retry/attempt.js";
import { retryPolicyFrom } from "../../../../src/rpc/retry/retry-policy.js";
import { RetryThrottle } from "../../../../src/rpc/retry/retry-throttle.js";
import type { RetryOptions } from "../../../../src/rpc/retry-options.js";
import { type FakeClock, fakeClock } from "../../../../src/testing/index.js";
import { CallService } from "../../../gen/heliograph/test/v1/call_heliograph.js";
import {
  answer,
  type CallInit,
  failing,
  rejection,
  turn,
  unaryCall,
  unavailable,
  unprocessed,
} from "../../interceptors/calls.js";

interface Run {
  readonly clock: FakeClock;
  readonly result: ReturnType<typeof attempt>;
}

function run(
  next: Next,
  options: RetryOptions = {},
  init: CallInit = {},
  throttle = new RetryThrottle(),
): Run {
  const clock = init.clock ?? fakeClock();
  const result = attempt(unaryCall({ ...init, clock }), next, retryPolicyFrom(options), {
    clock,
    random: () => 0,
    throttle,
  });
  result.catch(() => {});
  return { clock, result };
}

/** Lets time pass in small steps, and what follows from it happen. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await turn();
    clock.advance(50);
  }
  await turn();
}

describe("a call that is retried", () => {
  test("is made again until it succeeds, and no more", async () => {
    const next = failing(2);
    const { clock, result } = run(next, { attempts: 5 });
    await pass(clock, 5_000);
    expect((await result).message).toBe(3);
    expect([next.calls, clock.timers]).toEqual([3, 0]);
  });

  test("fails with what the last attempt failed with", async () => {
    let made = 0;
    const { clock, result } = run(
      async () => {
        throw new HeliographError(Code.Unavailable, `attempt ${++made}`);
      },
      { attempts: 3 },
    );
    await pass(clock, 5_000);
    expect((await rejection(result)).rawMessage).toBe("attempt 3");
    expect(made).toBe(3);
  });

  test.each<[string, readonly Error[], boolean]>([
    ["none of its attempts did", [unprocessed(), unprocessed()], true],
    ["the last did not, but one before may have", [unavailable(), unprocessed()], false],
  ])("says whether it surely did not run: %s", async (_, errors, notProcessed) => {
    let made = 0;
    const { clock, result } = run(
      async () => {
        throw errors[made++];
      },
      { attempts: 2 },
    );
    await pass(clock, 500);
    expect((await rejection(result)).notProcessed).toBe(notProcessed);
  });

  test("waits longer each time", async () => {
    const at: number[] = [];
    const clock = fakeClock();
    const { result } = run(
      async () => {
        at.push(clock.now());
        throw unavailable();
      },
      { attempts: 4, backoff: { initialMs: 100, factor: 2 } },
      { clock },
    );
    await pass(clock, 2_000);
    await rejection(result);
    expect(at).toEqual([0, 100, 300, 700]);
  });

  test.each([
    ["of a code that is not listed", () => new HeliographError(Code.Internal, "no")],
    ["of something that is no HeliographError", () => new TypeError("no")],
    [
      "for which the one server is gone that could tell",
      () => new HeliographError(Code.Unavailable, "no", { reason: "INSTANCE_GONE" }),
    ],
  ])("is not made again after an error %s", async (_, error) => {
    const next = failing(1, error);
    const { result } = run(next);
    await expect(result).rejects.toThrow("no");
    expect(next.calls).toBe(1);
  });

  test("is made again after any code that is listed", async () => {
    const next = failing(1, () => new HeliographError(Code.Aborted, "no"));
    const { clock, result } = run(next, { codes: [Code.Aborted] });
    await pass(clock, 500);
    expect((await result).message).toBe(2);
  });

  test.each<[string, CallInit, RetryOptions, () => Error, boolean]>([
    ["may have run and may have effects", { method: CallService.call }, {}, unavailable, false],
    ["surely did not run", { method: CallService.call }, {}, unprocessed, true],
    ["has no effects", { method: CallService.look }, {}, unavailable, true],
    ["has an idempotency key", { method: CallService.call, idempotencyKey: "k" }, {}, unavailable, true],
    [
      "is to be repeated whatever it does",
      { method: CallService.call },
      { anyMethod: true },
      unavailable,
      true,
    ],
  ])("which %s is repeated or not", async (_, init, options, error, repeated) => {
    const next = failing(1, error);
    const { clock, result } = run(next, options, init);
    await pass(clock, 500);
    expect(next.calls).toBe(repeated ? 2 : 1);
    expect((await result.catch((thrown) => thrown)) instanceof HeliographError).toBe(!repeated);
  });

  test("does not wait beyond its deadline", async () => {
    const next = failing(9);
    const { clock, result } = run(next, { attempts: 9 }, { timeoutMs: 150 });
    expect((await rejection(result)).code).toBe(Code.Unavailable);
    expect([next.calls, clock.now(), clock.timers]).toEqual([1, 0, 0]);
  });

  test("ends at once when its signal fires while it waits, and leaves no timer", async () => {
    const controller = new AbortController();
    const next = failing(9);
    const { clock, result } = run(next, {}, { signal: controller.signal });
    await turn();
    expect(clock.timers).toBe(1);
    controller.abort(new HeliographError(Code.Cancelled, "enough"));
    expect((await rejection(result)).rawMessage).toBe("enough");
    expect([next.calls, clock.timers]).toEqual([1, 0]);
  });

  test("tells the server how many attempts came before, in metadata of each attempt's own", async () => {
    const seen: unknown[] = [];
    const metadata = new Metadata({ tenant: "acme" });
    const { clock, result } = run(
      async (call) => {
        seen.push([...call.metadata]);
        call.metadata.set("added", "yes");
        if (seen.length < 3) throw unavailable();
        return answer("ok");
      },
      {},
      { metadata },
    );
    await pass(clock, 2_000);
    await result;
    expect(seen).toEqual([
      [["tenant", "acme"]],
      [
        ["tenant", "acme"],
        ["previous-attempts", "1"],
      ],
      [
        ["tenant", "acme"],
        ["previous-attempts", "2"],
      ],
    ]);
    expect([...metadata]).toEqual([["tenant", "acme"]]);
  });

  test("is not retried again further in", async () => {
    let seen: InterceptedCall["retry"];
    const { result } = run(async (call) => {
      seen = call.retry;
      return answer("ok");
    });
    await result;
    expect(seen).toBe(false);
  });
});

describe("the attempts of a call with an idempotency key", () => {
  const groups = async (errors: readonly Error[]) => {
    const seen: (string | undefined)[] = [];
    let group: InterceptedCall["attemptGroup"];
    const { clock, result } = run(
      async (call) => {
        group ??= call.attemptGroup;
        expect(call.attemptGroup).toBe(group);
        seen.push(group?.identity?.instance);
        if (group !== undefined) group.identity ??= { instance: `server ${seen.length}`, epoch: 1 };
        const error = errors[seen.length - 1];
        if (error !== undefined) throw error;
        return answer("ok");
      },
      { attempts: 5 },
      { idempotencyKey: "key" },
    );
    await pass(clock, 8_000);
    await result;
    return seen;
  };

  test("share what binds them to the server that may have run one of them", async () => {
    expect(await groups([unavailable(), unprocessed()])).toEqual([undefined, "server 1", "server 1"]);
  });

  test("are bound to no server as long as none of them ran", async () => {
    expect(await groups([unprocessed(), unavailable()])).toEqual([undefined, undefined, "server 2"]);
  });

  test("are not made again for an error of the handler: the server would give the same to each", async () => {
    const next = failing(1, () => new HeliographError(Code.Unavailable, "no", { origin: "peer" }));
    await rejection(run(next, {}, { idempotencyKey: "key" }).result);
    expect(next.calls).toBe(1);
  });
});

describe("a server that pushes back", () => {
  /** Fails each attempt with these trailers; gives the times of all attempts. */
  const times = async (pushBacks: readonly (string | undefined)[], options: RetryOptions = {}) => {
    const at: number[] = [];
    const clock = fakeClock();
    const { result } = run(
      async (call) => {
        const pushBack = pushBacks[at.length];
        at.push(clock.now());
        if (pushBack !== undefined) call.trailers.set("retry-pushback-ms", pushBack);
        throw unavailable();
      },
      { attempts: 4, backoff: { initialMs: 100, factor: 3 }, ...options },
      { clock },
    );
    await pass(clock, 3_000);
    await rejection(result);
    return at;
  };

  test("says exactly how long to wait; the backoff begins anew after that", async () => {
    expect(await times(["1000"])).toEqual([0, 1000, 1100, 1400]);
    expect(await times([undefined, "50"])).toEqual([0, 100, 150, 250]);
  });

  test.each(["-1", "never", "", "1.5", "99999999999"])(
    "with %j wants no further attempt",
    async (pushBack) => {
      expect(await times([pushBack])).toEqual([0]);
    },
  );

  test("is not waited for beyond the deadline", async () => {
    expect(await times(["10000"])).toEqual([0]);
  });
});

describe("the retry throttle", () => {
  test("stops further attempts when half of its tokens are gone, and allows them again after successes", async () => {
    const throttle = new RetryThrottle();
    const failure = failing(
      1_000,
      () => new HeliographError(Code.Unavailable, "too much", { origin: "peer" }),
    );
    for (let i = 0; i < 3; i++) {
      const { clock, result } = run(failure, { attempts: 2 }, {}, throttle);
      await pass(clock, 250);
      await rejection(result);
    }
    // Two, two, and the fifth failure takes the fifth of ten tokens.
    expect([failure.calls, throttle.allows]).toEqual([5, false]);
    for (let i = 0; i < 11; i++) await run(failing(0), {}, {}, throttle).result;
    expect(throttle.allows).toBe(true);
  });

  test("does not count connections that broke", async () => {
    const throttle = new RetryThrottle();
    const failure = failing(1_000);
    for (let i = 0; i < 10; i++) {
      const { clock, result } = run(failure, { attempts: 2 }, {}, throttle);
      await pass(clock, 250);
      await rejection(result);
    }
    expect([failure.calls, throttle.allows]).toEqual([20, true]);
  });

  test("counts a server that wants no further attempt, and no other failures", async () => {
    const throttle = new RetryThrottle();
    for (let i = 0; i < 20; i++) {
      await rejection(
        run(
          failing(1, () => new HeliographError(Code.NotFound, "no")),
          {},
          {},
          throttle,
        ).result,
      );
    }
    expect(throttle.allows).toBe(true);
    for (let i = 0; i < 5; i++) {
      const next: Next = async (call) => {
        call.trailers.set("retry-pushback-ms", "-1");
        throw new HeliographError(Code.NotFound, "no");
      };
      await rejection(run(next, {}, {}, throttle).result);
    }
    expect(throttle.allows).toBe(false);
  });
});

describe("options of retries", () => {
  test.each<[unknown, string]>([
    [{ attempts: 0 }, "got 0"],
    [{ attempts: 1.5 }, "got 1.5"],
    [{ codes: [] }, "got []"],
    [{ codes: ["UNAVAILABLE"] }, 'got ["UNAVAILABLE"]'],
    [{ codes: Code.Unavailable }, "got 14"],
    [{ anyMethod: "yes" }, 'got "yes"'],
    [{ hedgeAfterMs: -1 }, "got -1"],
    [{ backoff: { factor: 0.5 } }, "got 0.5"],
    [{ attempt: 3 }, 'no option "attempt"'],
    [3, "got 3"],
    [null, "got null"],
  ])("refuse %j and quote it", (options, quoted) => {
    expect(() => retryPolicyFrom(options as RetryOptions)).toThrow(quoted);
  });
});

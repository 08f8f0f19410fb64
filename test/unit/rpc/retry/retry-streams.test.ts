import { describe, expect, test } from "vitest";
import { Code, HeliographError, type InterceptedCall, type Next } from "../../../../src/index.js";
import { attempt } from "../../../../src/rpc/retry/attempt.js";
import { retryPolicyFrom } from "../../../../src/rpc/retry/retry-policy.js";
import { RetryThrottle } from "../../../../src/rpc/retry/retry-throttle.js";
import type { RetryOptions } from "../../../../src/rpc/retry-options.js";
import { fakeClock } from "../../../../src/testing/index.js";
import {
  answer,
  answersOf,
  bidiCall,
  clientStreamCall,
  collect,
  listed,
  rejection,
  serverStreamCall,
  turn,
  unavailable,
} from "../../interceptors/calls.js";

const clock = fakeClock();

/** Retries at once, so that no test has to move the clock. */
function retried(call: InterceptedCall, next: Next, options: RetryOptions = {}) {
  const policy = retryPolicyFrom({ anyMethod: true, backoff: { initialMs: 0 }, ...options });
  return attempt(call, next, policy, { clock, random: () => 0, throttle: new RetryThrottle() });
}

/** Moves the clock by nothing, again and again, so that waits of no time end. */
async function settle<T>(promise: Promise<T>): Promise<T> {
  let over = false;
  promise
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  while (!over) {
    clock.advance(0);
    await turn();
  }
  return promise;
}

async function* broken(items: readonly unknown[]): AsyncGenerator<unknown> {
  yield* items;
  throw unavailable();
}

describe("a retried stream of answers", () => {
  test("begins when its first answer is asked for, and is made again until there is one", async () => {
    let made = 0;
    const result = await retried(serverStreamCall(), async () =>
      answersOf(++made < 3 ? broken([]) : listed([1, 2])),
    );
    expect([made, result.metadata.size, result.trailers.size]).toEqual([0, 0, 0]);
    expect(await settle(collect(result.messages))).toEqual([1, 2]);
    expect(made).toBe(3);
    expect([result.metadata.text("header"), result.trailers.size]).toEqual(["1", 0]);
  });

  test("is not made again once the first answer is here: its error passes through", async () => {
    let made = 0;
    const result = await retried(serverStreamCall(), async () => {
      made++;
      return answersOf(broken([1]));
    });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const message of result.messages ?? []) seen.push(message);
    })();
    expect((await rejection(settle(reading))).code).toBe(Code.Unavailable);
    expect([made, seen]).toEqual([1, [1]]);
  });

  test("that ended without an answer was a success", async () => {
    let made = 0;
    const result = await retried(serverStreamCall(), async () => {
      made++;
      return answersOf(listed([]));
    });
    expect([await settle(collect(result.messages)), made]).toEqual([[], 1]);
  });

  test("is left when its reader leaves it", async () => {
    let left = 0;
    const result = await retried(serverStreamCall(), async () => answersOf(listed([1, 2, 3], () => left++)));
    for await (const message of result.messages ?? []) if (message === 2) break;
    expect(left).toBe(1);
  });

  test("gives the trailers of the attempt that failed last", async () => {
    const call = serverStreamCall();
    const result = await retried(call, async (inner) => {
      inner.trailers.set("attempt", inner.metadata.text("previous-attempts") ?? "0");
      return answersOf(broken([]));
    });
    await rejection(settle(collect(result.messages)));
    expect([result.trailers.text("attempt"), call.trailers.text("attempt")]).toEqual(["2", "2"]);
  });
});

describe("a retried stream of requests", () => {
  /** Reads so many requests, then fails as often as it is told; then reads all. */
  const server = (reads: number, failures: number) => {
    const seen: unknown[][] = [];
    const next: Next = async (call) => {
      const got: unknown[] = [];
      seen.push(got);
      for await (const request of call.requests ?? []) {
        got.push(request);
        if (seen.length <= failures && got.length === reads) break;
      }
      if (seen.length <= failures) throw unavailable();
      return answer(got.length);
    };
    return { seen, next };
  };

  test("is sent again from the start, though its source is read once", async () => {
    let left = 0;
    const { seen, next } = server(2, 2);
    const result = await settle(retried(clientStreamCall(listed([1, 2, 3], () => left++)), next));
    expect([result.message, seen, left]).toEqual([
      3,
      [
        [1, 2],
        [1, 2],
        [1, 2, 3],
      ],
      1,
    ]);
  });

  test("is sent as it comes: no more is taken than is asked for", async () => {
    const taken: number[] = [];
    async function* source() {
      for (let n = 1; ; n++) {
        taken.push(n);
        yield n;
      }
    }
    const next: Next = async (call) => {
      const reader = call.requests?.[Symbol.asyncIterator]();
      await reader?.next();
      await reader?.next();
      return answer("enough");
    };
    await retried(clientStreamCall(source()), next);
    expect(taken).toEqual([1, 2]);
  });

  test("lets its source clean up once, when the server answers before it has ended, or for good fails", async () => {
    for (const failures of [0, 3]) {
      let left = 0;
      const next: Next = async (call) => {
        await call.requests?.[Symbol.asyncIterator]().next();
        if (failures > 0) throw unavailable();
        return answer("early");
      };
      await settle(retried(clientStreamCall(listed([1, 2, 3], () => left++)), next).catch(() => {}));
      expect(left).toBe(1);
    }
  });

  test("of more than 256 messages is not sent again", async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => n);
    const short = server(256, 1);
    const again = await settle(retried(clientStreamCall(listed(many)), short.next));
    expect([again.message, short.seen.length]).toEqual([1_000, 2]);
    const long = server(257, 1);
    const call = retried(clientStreamCall(listed(many)), long.next);
    expect((await rejection(settle(call))).code).toBe(Code.Unavailable);
    expect([long.seen.length, long.seen[0]?.length]).toEqual([1, 257]);
  });

  test("of more than 1 MiB is not sent again", async () => {
    const half = { data: new Uint8Array(512 * 1024), name: "half" };
    const { seen, next } = server(2, 1);
    await rejection(settle(retried(clientStreamCall(listed([half, half, half])), next)));
    expect(seen.length).toBe(1);
  });

  test("whose source throws fails with that, and is not made again", async () => {
    let made = 0;
    async function* source() {
      yield 1;
      throw new HeliographError(Code.Unavailable, "the source broke");
    }
    const next: Next = async (call) => {
      made++;
      await collect(call.requests);
      return answer("never");
    };
    const error = await rejection(settle(retried(clientStreamCall(source()), next)));
    expect([error.rawMessage, made]).toEqual(["the source broke", 1]);
  });

  test("with a stream of answers is sent again, too", async () => {
    let made = 0;
    const next: Next = async (call) => {
      const failing = ++made === 1;
      return answersOf(
        (async function* () {
          for await (const request of call.requests ?? []) {
            if (failing) throw unavailable();
            yield `${String(request)}!`;
          }
        })(),
      );
    };
    const result = await retried(bidiCall(listed(["a", "b"])), next);
    expect(await settle(collect(result.messages))).toEqual(["a!", "b!"]);
    expect(made).toBe(2);
  });
});

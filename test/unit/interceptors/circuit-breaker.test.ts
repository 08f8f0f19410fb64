import { describe, expect, test } from "vitest";
import {
  type CircuitBreakerOptions,
  type CircuitState,
  Code,
  circuitBreaker,
  HeliographError,
  type Next,
} from "../../../src/index.js";
import { fakeClock } from "../../../src/testing/index.js";
import {
  answer,
  answersOf,
  collect,
  failing,
  listed,
  rejection,
  serverStreamCall,
  unaryCall,
} from "./calls.js";

const fail =
  (code: Code, notProcessed = false): Next =>
  async () => {
    throw new HeliographError(code, "no", { notProcessed });
  };

describe("circuitBreaker", () => {
  test("refuses calls while too many fail, tries again by itself, and tells of it", async () => {
    const clock = fakeClock();
    const changes: string[] = [];
    const breaker = circuitBreaker({
      minCalls: 3,
      openMs: 1_000,
      onChange: (to, from) => changes.push(`${from} to ${to}`),
    });
    const next = failing(3);
    const broken = breaker(next);
    for (let i = 0; i < 3; i++) await rejection(broken(unaryCall({ clock })));
    expect(breaker.state).toBe("open");
    clock.advance(400);
    const refused = unaryCall({ clock });
    expect(await rejection(broken(refused))).toMatchObject({
      code: Code.Unavailable,
      reason: "CIRCUIT_OPEN",
      notProcessed: true,
      rawMessage:
        "heliograph.test.v1.CallService/Look: too many calls have failed; the next is tried in 600 ms",
    });
    expect(refused.trailers.text("retry-pushback-ms")).toBe("never");
    clock.advance(600);
    expect((await broken(unaryCall({ clock }))).message).toBe(4);
    expect([breaker.state, next.calls]).toEqual(["closed", 4]);
    expect(changes).toEqual(["closed to open", "open to half-open", "half-open to closed"]);
  });

  test.each<[Code, boolean, CircuitState]>([
    [Code.Unavailable, false, "open"],
    [Code.Unavailable, true, "open"],
    [Code.DeadlineExceeded, false, "open"],
    [Code.Unknown, false, "open"],
    [Code.Internal, false, "open"],
    [Code.NotFound, false, "closed"],
    [Code.ResourceExhausted, true, "closed"],
    [Code.Cancelled, false, "closed"],
  ])("after failures with code %i, not processed: %s, is %s", async (code, notProcessed, state) => {
    const breaker = circuitBreaker({ minCalls: 2 });
    const broken = breaker(fail(code, notProcessed));
    for (let i = 0; i < 2; i++) await rejection(broken(unaryCall()));
    expect(breaker.state).toBe(state);
  });

  test("counts the codes that it is told to", async () => {
    const breaker = circuitBreaker({ minCalls: 1, codes: [Code.NotFound] });
    await rejection(breaker(fail(Code.Unavailable))(unaryCall()));
    expect(breaker.state).toBe("closed");
    // A failure that is not counted is a success: the server has answered.
    await rejection(breaker(fail(Code.NotFound))(unaryCall()));
    expect(breaker.state).toBe("open");
  });

  test("takes a stream for a success at its first answer, and once", async () => {
    const breaker = circuitBreaker({ minCalls: 1 });
    const broken = breaker(async () =>
      answersOf(
        (async function* () {
          yield 1;
          throw new HeliographError(Code.Unavailable, "later");
        })(),
      ),
    );
    const { messages } = await broken(serverStreamCall());
    await rejection(collect(messages));
    expect(breaker.state).toBe("closed");
  });

  test("takes a stream that fails before its first answer for a failure", async () => {
    const breaker = circuitBreaker({ minCalls: 1 });
    const { messages } = await breaker(async () => answersOf(collectNothing()))(serverStreamCall());
    await rejection(collect(messages));
    expect(breaker.state).toBe("open");
  });

  test("lets everything pass on a server", async () => {
    const breaker = circuitBreaker({ minCalls: 1 });
    for (let i = 0; i < 3; i++)
      await rejection(breaker(fail(Code.Unavailable))(unaryCall({ side: "server" })));
    expect(breaker.state).toBe("closed");
    expect((await breaker(async () => answer("ok"))(unaryCall({ side: "server" }))).message).toBe("ok");
  });

  test("takes a stream without answers for a success", async () => {
    const breaker = circuitBreaker({ minCalls: 1 });
    const { messages } = await breaker(async () => answersOf(listed([])))(serverStreamCall());
    expect([await collect(messages), breaker.state]).toEqual([[], "closed"]);
  });

  test.each<[unknown, string]>([
    [{ failureRatio: 0 }, "failureRatio must be a number above 0 and at most 1, got 0"],
    [{ failureRatio: 1.1 }, "got 1.1"],
    [{ minCalls: 0 }, "got 0"],
    [{ windowMs: 0 }, "got 0"],
    [{ openMs: Number.NaN }, "got NaN"],
    [{ probes: 0.5 }, "got 0.5"],
    [{ codes: ["UNAVAILABLE"] }, "got an array"],
    [{ onChange: 1 }, "got 1"],
    [{ threshold: 1 }, 'no option "threshold"'],
  ])("refuses %j and quotes it", (options, quoted) => {
    expect(() => circuitBreaker(options as CircuitBreakerOptions)).toThrow(quoted);
  });
});

// biome-ignore lint/correctness/useYield: it fails before its first answer
async function* collectNothing(): AsyncGenerator<unknown> {
  throw new HeliographError(Code.Unavailable, "at once");
}

import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type CallResult, Code, concurrencyLimit, HeliographError } from "../../../src/index.js";
import type { ConcurrencyLimitOptions } from "../../../src/interceptors/concurrency-limit.js";
import {
  answer,
  answersOf,
  collect,
  listed,
  rejection,
  serverStreamCall,
  turn,
  unaryCall,
  unavailable,
} from "./calls.js";

/** Calls that go on until a test ends them. */
function held(options: ConcurrencyLimitOptions) {
  const running: { resolve(result: CallResult): void; reject(error: unknown): void }[] = [];
  const limited = concurrencyLimit(options)(
    () => new Promise((resolve, reject) => void running.push({ resolve, reject })),
  );
  return { limited, running };
}

describe("concurrencyLimit", () => {
  test("lets so many run; the others wait in their order", async () => {
    const { limited, running } = held({ max: 2, maxWaiting: 2 });
    const calls = [1, 2, 3, 4].map(() => limited(unaryCall()));
    await turn();
    expect(running).toHaveLength(2);
    running[0]?.resolve(answer("first"));
    await turn();
    expect(running).toHaveLength(3);
    running[1]?.reject(unavailable());
    await rejection(calls[1]!);
    await turn();
    expect(running).toHaveLength(4);
    running[2]?.resolve(answer("third"));
    running[3]?.resolve(answer("fourth"));
    expect((await Promise.all([calls[2], calls[3]])).map((each) => each?.message)).toEqual([
      "third",
      "fourth",
    ]);
  });

  test("refuses those for which there is no room", async () => {
    const { limited, running } = held({ max: 1 });
    void limited(unaryCall());
    expect(await rejection(limited(unaryCall()))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "QUEUE_FULL",
      notProcessed: true,
    });
    await turn();
    running[0]?.resolve(answer("ok"));
    await turn();
    void limited(unaryCall());
    await turn();
    expect(running).toHaveLength(2);
  });

  test("lets nobody wait whose call is over, and keeps no listener", async () => {
    const { limited, running } = held({ max: 1, maxWaiting: 1 });
    void limited(unaryCall());
    const controller = new AbortController();
    const waiting = limited(unaryCall({ signal: controller.signal }));
    controller.abort(new HeliographError(Code.Cancelled, "enough"));
    expect((await rejection(waiting)).rawMessage).toBe("enough");
    expect((await rejection(limited(unaryCall({ signal: controller.signal })))).rawMessage).toBe("enough");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    const next = new AbortController();
    const after = limited(unaryCall({ signal: next.signal }));
    await turn();
    running[0]?.resolve(answer("ok"));
    await turn();
    running[1]?.resolve(answer("after"));
    expect((await after).message).toBe("after");
    expect(getEventListeners(next.signal, "abort")).toHaveLength(0);
  });

  test.each<[string, () => AsyncIterable<unknown>, (messages: AsyncIterable<unknown>) => Promise<unknown>]>([
    ["was read to its end", () => listed([1]), collect],
    ["was left", () => listed([1, 2]), first],
    ["failed", broken, (messages) => rejection(collect(messages))],
  ])("keeps a stream's place until the stream %s", async (_, answers, read) => {
    const limited = concurrencyLimit({ max: 1 })(async () => answersOf(answers()));
    const { messages } = await limited(serverStreamCall());
    await rejection(limited(serverStreamCall()));
    await read(messages ?? listed([]));
    expect((await limited(serverStreamCall())).messages).toBeDefined();
  });

  test("gives up the place of a stream that nobody reads when its signal fires", async () => {
    const limited = concurrencyLimit({ max: 1 })(async () => answersOf(listed([1])));
    const controller = new AbortController();
    await limited(serverStreamCall({ signal: controller.signal }));
    controller.abort();
    expect((await limited(serverStreamCall())).messages).toBeDefined();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test.each<[unknown, string]>([
    [{}, "max must be a whole number of at least 1, got undefined"],
    [{ max: 0 }, "got 0"],
    [{ max: 1, maxWaiting: -1 }, "got -1"],
    [{ max: 1, queue: 1 }, 'no option "queue"'],
  ])("refuses %j and quotes it", (options, quoted) => {
    expect(() => concurrencyLimit(options as ConcurrencyLimitOptions)).toThrow(quoted);
  });
});

async function* broken(): AsyncGenerator<unknown> {
  yield 1;
  throw unavailable();
}

async function first(messages: AsyncIterable<unknown>): Promise<unknown> {
  for await (const message of messages) return message;
  return undefined;
}

import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { EventService } from "../../../src/gen/heliograph/pubsub/v1/event_heliograph.js";
import {
  createNode,
  emitEvent,
  insecure,
  type Node,
  onEvent,
  type UnreadableEvent,
} from "../../../src/index.js";
import { memoryNetwork } from "../../../src/testing/index.js";
import { silent } from "../rpc-harness.js";
import { home, own, take, turn } from "./topic-harness.js";

/** Closes the node's publisher before those who listen, and without waiting for what they say. */
function closedFirst({ topics }: Node): void {
  own({
    [Symbol.asyncDispose]: async () => void (await topics.get(EventService.events)?.close({ timeoutMs: 0 })),
  });
}

/** Emits and listens over one connection: what was emitted, by what arrived. */
async function pair(pattern: string | readonly string[] = "**") {
  const { node, connect } = await home();
  await emitEvent(node, "first");
  const events = own(onEvent(connect(), pattern));
  await events.ready({ timeoutMs: 5_000 });
  closedFirst(node);
  return { node, events };
}

/** Listens to what somebody emits by hand, and is told what can't be read. */
async function byHand(onError?: (error: Error, event: UnreadableEvent) => void) {
  const { node, connect } = await home();
  await emitEvent(node, "first");
  const events = own(onEvent(connect(), "**", onError === undefined ? {} : { onError }));
  await events.ready({ timeoutMs: 5_000 });
  closedFirst(node);
  const publisher = node.topics.get(EventService.events);
  const emit = (...bytes: readonly number[]) => publisher?.publishTo("a", { payload: Buffer.from(bytes) });
  return { events, emit };
}

describe("events", () => {
  test("have names of any text", async () => {
    const { node, events } = await pair();
    const names: string[] = [];
    for (let code = 1; code < 0x250; code++) {
      const char = String.fromCharCode(code);
      if (!"/*%".includes(char)) names.push(`a${char}/${char}`);
    }
    names.push(
      "%",
      "a/%/b",
      "%25/%2F/%2A/%00",
      "é/日本/🙂",
      "x".repeat(1_024),
      Array(64).fill("l").join("/"),
    );
    for (const name of names) await emitEvent(node, name, name);
    for (const { event, payload } of await take(events, names.length)) expect(payload).toBe(event);
    expect(events.subscription.stats).toMatchObject({ received: names.length, missed: 0 });
  });

  test.each([
    ["", "must not be empty"],
    ["a//b", "has an empty level"],
    ["/a", "has an empty level"],
    ["a/*", "holds a wildcard"],
    ["50%", "holds a % that is no escape"],
    ["a\0", "holds NUL"],
    ["\ud800", "half a surrogate pair"],
    ["x".repeat(1_025), "at most 1024 characters"],
    [Array(65).fill("l").join("/"), "at most 64 levels"],
    [7 as unknown as string, "must be a string"],
  ])("can't be named %j", async (name, message) => {
    const { node } = await home();
    await expect(emitEvent(node, name)).rejects.toThrow(message);
  });

  test("carry values of every kind", async () => {
    const { node, events } = await pair();
    const values: readonly unknown[] = [
      null,
      true,
      0,
      -1.5,
      2 ** 53,
      Number.POSITIVE_INFINITY,
      2n ** 63n,
      -(2n ** 63n),
      "",
      "日本 🙂",
      Buffer.from([0, 255]),
      [],
      {},
      { list: [1, { deep: [[Buffer.alloc(3)]] }], "": { "a/b": null } },
    ];
    for (const value of values) await emitEvent(node, "value", value);
    const payloads = (await take(events, values.length)).map(({ payload }) => payload);
    for (const [at, value] of values.entries()) expect(payloads[at]).toEqual(value);
  });

  test("carry megabytes", async () => {
    const { node, events } = await pair();
    const text = "x".repeat(3_000_000);
    const bytes = Buffer.alloc(3_000_000, 7);
    for (const value of [text, bytes]) await emitEvent(node, "large", value);
    const [first, second] = await take(events, 2);
    expect(first?.payload === text).toBe(true);
    expect(bytes.equals(second?.payload as Uint8Array)).toBe(true);
  });

  test("whose payload can't be sent are refused, and nothing is emitted", async () => {
    const { node, events } = await pair();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    await expect(emitEvent(node, "a", { at: new Date() })).rejects.toThrow("payload.at is a Date");
    await expect(emitEvent(node, "a", cycle)).rejects.toThrow("payload.self is one of the objects");
    await emitEvent(node, "a", "good");
    const [delivery] = await take(events, 1);
    expect(delivery).toMatchObject({ payload: "good", sequence: 1, missed: 0 });
  });

  test("that can't be read are told of, and the loop goes on", async () => {
    const told: [string, UnreadableEvent][] = [];
    const { events, emit } = await byHand((error, event) => {
      told.push([error.message, event]);
      if (told.length === 2) throw new Error("from the hook");
    });
    const warned = new Promise((resolve) => process.once("warning", resolve));
    for (const bytes of [[], [0xc1], [1, 2], [0xd4, 0, 0], [0xdd, 255, 255, 255, 255]]) void emit(...bytes);
    void emit(42);
    const [delivery] = await take(events, 1);
    expect(delivery).toMatchObject({ payload: 42, sequence: 6, missed: 0 });
    expect(told.map(([, { event, sequence }]) => `${event} ${sequence}`)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `a ${n}`),
    );
    for (const [message] of told) expect(message).toContain("can't read the payload");
    expect(await warned).toMatchObject({ message: "from the hook" });
  });

  test("that can't be read become a warning where nobody asks", async () => {
    const { events, emit } = await byHand();
    const warned = new Promise((resolve) => process.once("warning", resolve));
    void emit(0xc1);
    void emit(1);
    expect((await take(events, 1))[0]?.payload).toBe(1);
    expect(String(await warned)).toContain("can't read the payload");
  });

  test("end with the loop that is left, and close once", async () => {
    const { node, events } = await pair("a");
    await emitEvent(node, "a", 1);
    for await (const { payload } of events) {
      expect(payload).toBe(1);
      break;
    }
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("of many nodes that emit at once arrive once each, in the order of each node", async () => {
    const network = memoryNetwork();
    const nodes: Node[] = [];
    const nodeOf = (name: string) => {
      const node = createNode({ name, security: insecure(), network, registries: ["local"], logger: silent });
      own({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
      nodes.push(node);
      return node;
    };
    const listener = nodeOf("listener");
    const emitters = Array.from({ length: 8 }, (_, n) => nodeOf(`emitter${n}`));
    for (const node of emitters) await emitEvent(node, "ready");
    const events = own(onEvent<number>(listener, "count/*"));
    await events.ready({ publishers: 8, timeoutMs: 10_000 });
    const emitting = emitters.map(async (node) => {
      for (let n = 0; n < 50; n++) {
        await emitEvent(node, `count/${node.name}`, n);
        if (n % 10 === 0) await turn();
      }
    });
    const seen = new Map<string, number[]>();
    for (const { payload, publisher, event, missed } of await take(events, 400)) {
      expect([event, missed]).toEqual([`count/${publisher.node}`, 0]);
      const known = seen.get(publisher.node) ?? [];
      seen.set(publisher.node, known);
      known.push(payload);
    }
    await Promise.all(emitting);
    expect(seen.size).toBe(8);
    for (const payloads of seen.values()) expect(payloads).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  test("are not listened to with a hook that is none", async () => {
    const { connect } = await home();
    const wrong = { onError: 1 } as unknown as { onError: () => void };
    expect(() => onEvent(connect(), "a", wrong)).toThrow(
      "onError must be a function such as (error) => …, got 1",
    );
  });
});

import { Resolver } from "node:dns/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { dns } from "../../src/discovery/addresses/dns.js";
import type { DnsOptions } from "../../src/discovery/addresses/dns-options.js";
import type { OpenResolver } from "../../src/naming/resolver.js";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.js";
import { type DnsHandler, type DnsRecord, type DnsReply, DnsServer } from "../support/dns-server.js";
import { type RecordingHost, recordingHost, type Seen, watching } from "../support/resolver-host.js";
import { until } from "../support/within.js";

const GREETER = "example.v1.GreeterService";
const HOST = "greeter.test";
const SOON_MS = 20_000;
/** Where nobody is: nothing is connected to. */
const PORT = 5555;

let server: DnsServer;
let clock: FakeClock;
/** Timers set so far: one begins the first round of questions, then each round sets one to end it and one for the next. */
let timersSet: number;
let host: RecordingHost;
let resolver: OpenResolver;

beforeEach(() => {
  clock = fakeClock();
  timersSet = 0;
  host = recordingHost({
    now: () => clock.now(),
    wallUs: () => clock.wallUs(),
    after: (ms, fn) => {
      timersSet++;
      return clock.after(ms, fn);
    },
  });
});
afterEach(async () => {
  await resolver.close();
  expect(clock.timers).toBe(0);
  await server[Symbol.asyncDispose]();
});

async function open(handler: DnsHandler, options: Partial<DnsOptions> = {}): Promise<void> {
  server = await DnsServer.start(handler);
  resolver = dns({ host: HOST, port: PORT, services: [GREETER], servers: [server.address], ...options }).open(
    host,
  );
}

/** By question; whatever is not there is not there. */
function answering(replies: Readonly<Record<string, DnsReply>>): DnsHandler {
  return (question) => replies[question] ?? "nxdomain";
}

const a = (...addresses: readonly string[]): DnsRecord[] =>
  addresses.map((address) => ({ type: "A", address }));
const aaaa = (...addresses: readonly string[]): DnsRecord[] =>
  addresses.map((address) => ({ type: "AAAA", address }));

const at = (address: string, port = PORT) => `tcp://${address}:${port}`;
const endpoints = (seen: Seen) => seen.last().flatMap((info) => info.endpoints);

function shows(seen: Seen, ...wanted: readonly string[]): Promise<void> {
  const sorted = [...wanted].sort().join();
  return until(SOON_MS, `${wanted}`, () => seen.lists.length > 0 && endpoints(seen).join() === sorted);
}

/** Watches, and waits for the first answer. */
async function watchingNow(...wanted: readonly string[]): Promise<Seen> {
  const seen = watching(resolver, GREETER);
  clock.advance(0);
  await shows(seen, ...wanted);
  return seen;
}

/** Lets so much time pass that DNS is asked again, and waits until it was answered `times` times. */
async function askedAgain(ms: number, times = 1): Promise<void> {
  const before = server.questions.length;
  clock.advance(ms);
  await until(SOON_MS, "another question", () => server.questions.length >= before + times);
}

/** Waits for the end of the round of questions. */
function settled(): Promise<void> {
  return until(SOON_MS, "the end of the questions", () => timersSet % 2 === 1);
}

/** Lets all happen that would happen at once. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until the next question is due, and that it is not due before. */
async function dueIn(ms: number): Promise<void> {
  await settled();
  const before = timersSet;
  clock.advance(ms - 1);
  expect(timersSet).toBe(before);
  await askedAgain(1);
}

describe("DNS tells where instances are", () => {
  test("by the addresses of a name, each an instance of its own that serves what was said", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.8", "10.0.0.7") }));
    const seen = await watchingNow(at("10.0.0.7"), at("10.0.0.8"));
    expect(seen.last()[0]).toEqual({
      node: "",
      instance: "",
      epoch: 0,
      version: expect.any(Number),
      endpoints: [at("10.0.0.7")],
      services: [{ name: GREETER, schemaHash: "" }],
      labels: {},
      host: "",
      condition: "serving",
      kit: "",
      processId: 0,
      state: "alive",
      load: undefined,
    });
    expect(server.questions).toEqual(["A greeter.test"]);
  });

  test("by IPv6 addresses when it has no others", async () => {
    await open(answering({ "A greeter.test": [], "AAAA greeter.test": aaaa("fd00::7", "fd00::1:8") }));
    await watchingNow(at("[fd00::1:8]"), at("[fd00::7]"));
  });

  test("by addresses of one kind only, when told so", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.7"), "AAAA greeter.test": aaaa("fd00::7") }), {
      family: 6,
    });
    await watchingNow(at("[fd00::7]"));
    expect(server.questions).toEqual(["AAAA greeter.test"]);
  });

  test("by SRV records, with port, priority and weight", async () => {
    await open(
      answering({
        "SRV _grpc._tcp.test": [
          { type: "SRV", target: "two.test", port: 7002, priority: 1, weight: 5 },
          { type: "SRV", target: "one.test", port: 7001, weight: 3 },
          { type: "SRV", target: "six.test", port: 7006, priority: 2 },
        ],
        "A one.test": a("10.0.0.1"),
        "A two.test": a("10.0.0.2", "10.0.0.3"),
        "AAAA six.test": aaaa("fd00::6"),
      }),
      { host: "_grpc._tcp.test", port: undefined, srv: true },
    );
    const seen = await watchingNow(
      at("10.0.0.1", 7001),
      at("10.0.0.2", 7002),
      at("10.0.0.3", 7002),
      at("[fd00::6]", 7006),
    );
    expect(seen.last().map(({ labels }) => labels)).toEqual([
      { priority: "0", weight: "3" },
      { priority: "1", weight: "5" },
      { priority: "1", weight: "5" },
      { priority: "2", weight: "0" },
    ]);
  });

  test("by the best of several SRV records for one place", async () => {
    await open(
      answering({
        "SRV greeter.test": [9, 4, 7].map((priority) => ({
          type: "SRV",
          target: "one.test",
          port: 7001,
          priority,
        })),
        "A one.test": a("10.0.0.1"),
      }),
      { port: undefined, srv: true },
    );
    const seen = await watchingNow(at("10.0.0.1", 7001));
    expect(seen.last()[0]?.labels["priority"]).toBe("4");
    expect(server.questions).toEqual(["SRV greeter.test", "A one.test"]);
  });

  test("nowhere, by the SRV record of a service that is decidedly not there", async () => {
    await open(answering({ "SRV greeter.test": [{ type: "SRV", target: ".", port: 0 }] }), {
      port: undefined,
      srv: true,
    });
    await watchingNow();
    expect(server.questions).toEqual(["SRV greeter.test"]);
  });

  test("over TCP when the answer is too long for UDP", async () => {
    const many = Array.from({ length: 200 }, (_, index) => `10.0.1.${index}`);
    await open(answering({ "A greeter.test": { overTcp: a(...many) } }));
    await watchingNow(...many.map((address) => at(address)).sort());
    expect(server.questions).toEqual(["A greeter.test", "A greeter.test (tcp)"]);
  });

  test("of hundreds of hosts, asking for a few at a time", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `pod-${index}.test`);
    let underWay = 0;
    let most = 0;
    await open(
      async (question) => {
        if (question.startsWith("SRV")) {
          const records = names.map((target) => ({ type: "SRV" as const, target, port: 7000 }));
          return { overTcp: records };
        }
        underWay++;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        const index = Number(/\d+/.exec(question)?.[0]);
        return a(`10.1.${index >> 8}.${index & 255}`);
      },
      { port: undefined, srv: true },
    );
    const seen = watching(resolver, GREETER);
    clock.advance(0);
    await until(SOON_MS, "300 instances", () => seen.last().length === 300);
    expect(most).toBeLessThanOrEqual(16);
  });

  test("to all who ask, with one question, and to those who come later at once", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.7") }));
    const [one, all] = [watching(resolver, GREETER), watching(resolver, "")];
    clock.advance(0);
    await shows(one, at("10.0.0.7"));
    await shows(all, at("10.0.0.7"));
    await shows(watching(resolver, GREETER), at("10.0.0.7"));
    expect(server.questions).toHaveLength(1);
  });

  test("nothing of services that it was not told of, without a question", async () => {
    await open(answering({}));
    const seen = watching(resolver, "example.v1.BakeryService");
    await until(SOON_MS, "an answer", () => seen.lists.length === 1);
    expect(seen.last()).toEqual([]);
    expect(clock.timers).toBe(0);
    seen.end();
  });

  test("that a name is not there", async () => {
    await open(answering({}));
    await watchingNow();
    expect(server.questions).toEqual(["A greeter.test", "AAAA greeter.test"]);
    expect(host.told).toEqual([]);
  });
});

describe("DNS is asked again", () => {
  test("when the time of its answer is over, and those who are not in the answer any more are gone", async () => {
    const replies = { "A greeter.test": a("10.0.0.7", "10.0.0.8") };
    await open(answering(replies));
    const seen = await watchingNow(at("10.0.0.7"), at("10.0.0.8"));
    replies["A greeter.test"] = a("10.0.0.8", "10.0.0.9");
    await dueIn(5_000);
    await shows(seen, at("10.0.0.8"), at("10.0.0.9"));
    expect(seen.lists).toHaveLength(2);
  });

  test.each([
    [0, 1_000],
    [7, 7_000],
    [3_600, 30_000],
  ])("of an answer for %i s after %i ms", async (ttl, ms) => {
    await open(answering({ "A greeter.test": [{ type: "A", address: "10.0.0.7", ttl }] }));
    await watchingNow(at("10.0.0.7"));
    await dueIn(ms);
  });

  test("as often as it was told to", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.7") }), { intervalMs: 300 });
    await watchingNow(at("10.0.0.7"));
    await dueIn(300);
  });

  test("by the shortest time of all records of an SRV answer", async () => {
    await open(
      answering({
        "SRV greeter.test": [
          { type: "SRV", target: "one.test", port: 1 },
          { type: "SRV", target: "two.test", port: 2 },
        ],
        "A one.test": [{ type: "A", address: "10.0.0.1", ttl: 20 }],
        "A two.test": [{ type: "A", address: "10.0.0.2", ttl: 8 }],
      }),
      { port: undefined, srv: true },
    );
    await watchingNow(at("10.0.0.1", 1), at("10.0.0.2", 2));
    await dueIn(8_000);
  });

  test("and says nothing when the same comes in another order", async () => {
    const replies = { "A greeter.test": a("10.0.0.7", "10.0.0.8", "10.0.0.9") };
    await open(answering(replies));
    const seen = await watchingNow(at("10.0.0.7"), at("10.0.0.8"), at("10.0.0.9"));
    const [before] = seen.last();
    for (let round = 0; round < 5; round++) {
      replies["A greeter.test"] = [
        ...replies["A greeter.test"].slice(1),
        ...replies["A greeter.test"].slice(0, 1),
      ];
      await dueIn(5_000);
    }
    await settled();
    expect(seen.lists).toHaveLength(1);
    expect(seen.last()[0]).toBe(before);
  });

  test("soon when an instance can't be reached, but at most once in a second", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.7") }));
    await watchingNow(at("10.0.0.7"));
    await settled();
    resolver.recheck?.();
    resolver.recheck?.();
    await dueIn(1_000);
    await settled();
    clock.advance(3_000);
    resolver.recheck?.();
    await askedAgain(0);
    expect(server.questions).toHaveLength(3);
  });

  test("not twice at a time", async () => {
    await open(() => "silence");
    watching(resolver, GREETER);
    await askedAgain(0);
    const before = timersSet;
    resolver.recheck?.();
    clock.advance(4_999);
    expect(timersSet).toBe(before);
    expect(server.questions).toHaveLength(1);
  });

  test("only while somebody wants to know", async () => {
    const replies = { "A greeter.test": a("10.0.0.7") };
    await open(answering(replies));
    const first = await watchingNow(at("10.0.0.7"));
    await settled();
    first.end();
    expect(clock.timers).toBe(0);
    resolver.recheck?.();
    clock.advance(60_000);
    expect(server.questions).toHaveLength(1);
    replies["A greeter.test"] = a("10.0.0.8");
    const second = watching(resolver, GREETER);
    await askedAgain(0);
    await shows(second, at("10.0.0.8"));
    expect(first.lists).toHaveLength(1);
  });
});

describe("what was known stays", () => {
  test.each<[string, DnsReply]>([
    ["answers nothing", "silence"],
    ["fails", "servfail"],
  ])("while DNS %s, and the node is told once that it is lost and back", async (_, reply) => {
    const replies: Record<string, DnsReply> = { "A greeter.test": a("10.0.0.7") };
    await open(answering(replies));
    const seen = await watchingNow(at("10.0.0.7"));
    replies["A greeter.test"] = reply;
    for (const [round, ms] of [5_000, 1_000, 2_000, 4_000].entries()) {
      await askedAgain(ms);
      if (reply === "silence") clock.advance(5_000);
      await until(SOON_MS, "a failure", () => seen.failures.length === round + 1);
    }
    expect(host.told).toEqual(["lost"]);
    expect(host.lostWith[0]).toMatchObject({
      code: 14,
      reason: "RESOLVER_FAILED",
      rawMessage: expect.stringContaining("DNS can't say where greeter.test is: "),
    });
    expect(endpoints(seen)).toEqual([at("10.0.0.7")]);
    expect(seen.lists).toHaveLength(1);
    replies["A greeter.test"] = a("10.0.0.7");
    await askedAgain(8_000);
    await until(SOON_MS, "the same list once more", () => seen.lists.length === 2);
    expect(endpoints(seen)).toEqual([at("10.0.0.7")]);
    expect(host.told).toEqual(["lost", "back"]);
  });

  test("while the answer comes too late, and a late answer changes nothing", async () => {
    let release: (records: DnsReply) => void = () => {};
    const replies: Record<string, DnsReply | Promise<DnsReply>> = { "A greeter.test": a("10.0.0.7") };
    await open((question) => replies[question] ?? "nxdomain");
    const seen = await watchingNow(at("10.0.0.7"));
    replies["A greeter.test"] = new Promise<DnsReply>((resolve) => {
      release = resolve;
    });
    await askedAgain(5_000);
    clock.advance(4_999);
    expect(seen.failures).toEqual([]);
    clock.advance(1);
    await until(SOON_MS, "a failure", () => seen.failures.length === 1);
    expect(seen.failures[0]?.rawMessage).toBe(
      "DNS can't say where greeter.test is: no answer within 5000 ms",
    );
    release(a("10.9.9.9"));
    replies["A greeter.test"] = a("10.0.0.8");
    await askedAgain(1_000);
    await shows(seen, at("10.0.0.8"));
    expect(seen.lists).toHaveLength(2);
  });

  test("while hundreds of hosts can't be found, of which no more are asked for when the time is over", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `pod-${index}.test`);
    await open(
      (question) =>
        question.startsWith("SRV")
          ? { overTcp: names.map((target) => ({ type: "SRV" as const, target, port: 7000 })) }
          : "silence",
      { port: undefined, srv: true },
    );
    const seen = watching(resolver, GREETER);
    clock.advance(0);
    await until(SOON_MS, "questions for hosts", () => server.questions.length === 2 + 16);
    clock.advance(5_000);
    await until(SOON_MS, "a failure", () => seen.failures.length === 1);
    await turns();
    expect(server.questions).toHaveLength(2 + 16);
  });

  test("while an answer is late, but comes in time", async () => {
    let release: (records: DnsReply) => void = () => {};
    const answer = new Promise<DnsReply>((resolve) => {
      release = resolve;
    });
    await open(() => answer);
    const seen = watching(resolver, GREETER);
    await askedAgain(0);
    clock.advance(4_999);
    release(a("10.0.0.7"));
    await shows(seen, at("10.0.0.7"));
    expect(host.told).toEqual([]);
  });

  test("when the rest of a long answer is not to be had over TCP", async () => {
    const replies: Record<string, DnsReply> = { "A greeter.test": a("10.0.0.7") };
    await open((question) => replies[question] ?? "nxdomain");
    const seen = await watchingNow(at("10.0.0.7"));
    let overTcp = 0;
    server.handler = () => (overTcp++ % 2 === 0 ? { overTcp: [] } : "silence");
    await askedAgain(5_000, 2);
    clock.advance(5_000);
    await until(SOON_MS, "a failure", () => seen.failures.length === 1);
    expect(endpoints(seen)).toEqual([at("10.0.0.7")]);
  });

  test.each<[string, DnsReply]>([
    ["the name is gone", "nxdomain"],
    ["the name has no addresses", []],
  ])("for a minute when %s, and not longer", async (_, reply) => {
    const replies: Record<string, DnsReply> = { "A greeter.test": a("10.0.0.7") };
    await open((question) => replies[question] ?? reply);
    const seen = await watchingNow(at("10.0.0.7"));
    delete replies["A greeter.test"];
    // Asked every 5 s, of which the first answer begins the minute.
    for (let round = 0; round < 12; round++) {
      await dueIn(5_000);
      await until(SOON_MS, "both questions", () => server.questions.length === 3 + 2 * round);
    }
    await settled();
    expect(endpoints(seen)).toEqual([at("10.0.0.7")]);
    await dueIn(5_000);
    await shows(seen);
    replies["A greeter.test"] = a("10.0.0.8");
    await dueIn(5_000);
    await shows(seen, at("10.0.0.8"));
    expect(host.told).toEqual([]);
  });

  test("of a host whose address could not be found out, while that of others was", async () => {
    const replies: Record<string, DnsReply> = {
      "SRV greeter.test": [
        { type: "SRV", target: "one.test", port: 1 },
        { type: "SRV", target: "two.test", port: 2 },
      ],
      "A one.test": a("10.0.0.1"),
      "A two.test": a("10.0.0.2"),
    };
    await open(answering(replies), { port: undefined, srv: true });
    const seen = await watchingNow(at("10.0.0.1", 1), at("10.0.0.2", 2));
    replies["A one.test"] = a("10.0.0.11");
    replies["A two.test"] = "servfail";
    await askedAgain(5_000, 3);
    await shows(seen, at("10.0.0.1", 1), at("10.0.0.11", 1), at("10.0.0.2", 2));
    replies["A two.test"] = a("10.0.0.2");
    await settled();
    await askedAgain(5_000, 3);
    await shows(seen, at("10.0.0.11", 1), at("10.0.0.2", 2));
    expect(host.told).toEqual([]);
  });

  test("when nobody listens where the servers should be", async () => {
    await open(answering({ "A greeter.test": a("10.0.0.7") }));
    const seen = await watchingNow(at("10.0.0.7"));
    await server[Symbol.asyncDispose]();
    clock.advance(5_000);
    clock.advance(5_000);
    await until(SOON_MS, "a failure", () => seen.failures.length === 1);
    expect(endpoints(seen)).toEqual([at("10.0.0.7")]);
    server = await DnsServer.start(answering({}));
  });
});

describe("a DNS that fails from the first", () => {
  test("is told of to those who ask, also to those who ask later, and asked ever more seldom", async () => {
    await open(() => "servfail");
    const seen = watching(resolver, GREETER);
    await askedAgain(0);
    await until(SOON_MS, "a failure", () => seen.failures.length === 1);
    expect(seen.lists).toEqual([]);
    const later = watching(resolver, GREETER);
    await until(SOON_MS, "the same failure", () => later.failures.length === 1);
    for (const ms of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const failures = seen.failures.length;
      await dueIn(ms);
      await until(SOON_MS, "a failure", () => seen.failures.length === failures + 1);
    }
    expect(host.told).toEqual(["lost"]);
  });
});

describe("closing", () => {
  test("ends a question that nobody answers, and tells nobody anything", async () => {
    const cancel = vi.spyOn(Resolver.prototype, "cancel");
    await open(() => "silence");
    const seen = watching(resolver, GREETER);
    await askedAgain(0);
    await resolver.close();
    expect(clock.timers).toBe(0);
    expect(seen.lists).toEqual([]);
    expect(seen.failures).toEqual([]);
    await resolver.close();
    await turns();
    expect(clock.timers).toBe(0);
    expect(cancel).toHaveBeenCalledOnce();
    cancel.mockRestore();
  });
});

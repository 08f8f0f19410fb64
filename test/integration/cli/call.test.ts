import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/program.js";
import { Code, detail, type HandlerContext, HeliographError, type Node } from "../../../src/index.js";
import { Note, Problem } from "../../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { fakeTerminal, helio, type Outcome } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { knownService, reflectingNode } from "./reflecting-node.js";
import { endpointOf, standInRegistry } from "./stand-in.js";

let node: Node;
let second: Node;
let registry: Node;
let at: string[];
let folder: string;
/** Who was called, as the last line of a failure. */
const CALLED = /^called: notes \([0-9a-f]{8}\)$/;

let cancelled: Promise<unknown>;

beforeAll(async () => {
  let fired: (reason: unknown) => void = () => {};
  cancelled = new Promise((resolve) => {
    fired = resolve;
  });
  const forever = async (ctx: HandlerContext, text: string) => {
    await new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve()));
    if (text === "told") fired(ctx.signal.reason);
  };
  node = await reflectingNode("notes", CallService, {
    call: (request, ctx) => {
      for (const [key, value] of ctx.requestMetadata) ctx.responseMetadata.append(`seen-${key}`, value);
      ctx.trailers.append("took", "1 ms");
      return Note.fromPartial({ ...request, text: `${request.text}!` });
    },
    other: ({ text }) => {
      const details = [detail(Problem, { id: text, count: 2 }), detail(Note, Note.fromPartial({ text }))];
      throw new HeliographError(Code.NotFound, `no note "${text}"\u001b[31m`, {
        reason: "NOTE_UNKNOWN",
        details,
      });
    },
    async *count({ number, text }, ctx) {
      for (let i = 1n; i <= number; i++) yield Note.fromPartial({ number: i });
      if (number === 0n) {
        yield Note.fromPartial({ text: "begun" });
        await forever(ctx, text);
      }
    },
    sum: async (requests) => {
      let number = 0n;
      for await (const request of requests) number += request.number;
      return Note.fromPartial({ number });
    },
    async *chat(requests) {
      for await (const { text } of requests) yield Note.fromPartial({ text: text.toUpperCase() });
    },
  });
  second = await reflectingNode("second", SecondService, {
    call: () => Note.fromPartial({ text: "second" }),
  });
  const gone = known("gone", {
    endpoints: ["ipc:///nowhere/gone"],
    services: services("example.v1.GoneService"),
  });
  registry = await standInRegistry([
    knownService(node, CallService),
    knownService(second, SecondService),
    gone,
  ]);
  at = ["--registry", endpointOf(registry)];
  folder = await mkdtemp(join(tmpdir(), "heliograph call "));
});

afterAll(async () => {
  await Promise.all([node.close(), second.close(), registry.close(), rm(folder, { recursive: true })]);
});

function call(...args: readonly string[]): Promise<Outcome> {
  return helio("call", ...args, ...at);
}

function lines(out: readonly string[]): unknown[] {
  return out.map((line) => JSON.parse(line) as unknown);
}

describe("helio call", () => {
  test("calls a method with JSON, and prints the answer as JSON", async () => {
    const request = {
      text: "a",
      number: "9007199254740993",
      data: "AQI=",
      nested: { value: 5 },
      list: ["x"],
    };
    const { code, out, err } = await call("heliograph.test.v1.CallService/Call", JSON.stringify(request));
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(lines(out)).toEqual([{ ...request, text: "a!" }]);
  });

  test("sends a request without fields when none is given", async () => {
    expect(lines((await call("CallService/Call")).out)).toEqual([{ text: "!" }]);
  });

  test("takes short names, when only one service has them", async () => {
    for (const name of ["CallService/Call", "Call/call", "call/CALL", "v1.CallService/Call"]) {
      expect((await call(name)).code).toBe(0);
    }
    expect((await call("Second/Call")).out).toEqual(['{"text":"second"}']);
  });

  test("prints the answers of a stream as they come, a line each", async () => {
    const { out } = await call("Call/Count", '{"number":3}');
    expect(out).toEqual(['{"number":"1"}', '{"number":"2"}', '{"number":"3"}']);
  });

  test("sends a stream of requests: from the command line, from standard input and from a file", async () => {
    expect((await call("Call/Sum", '{"number":1}', '{"number":2}')).out).toEqual(['{"number":"3"}']);
    const file = join(folder, "requests.jsonl");
    await writeFile(file, '{"number": 3}\n{\n  "number": 4\n}\n');
    expect((await call("Call/Sum", "--file", file, '{"number":1}')).out).toEqual(['{"number":"8"}']);
    const terminal = fakeTerminal({}, '{"number":10}\n{"number":20}');
    expect(await run(["call", "Call/Sum", '{"number":1}', "-", ...at], terminal)).toBe(0);
    expect(terminal.out).toEqual(['{"number":"31"}']);
    expect((await call("Call/Sum")).out).toEqual(["{}"]);
  });

  test("spreads answers over lines on a terminal, unless a program reads them", async () => {
    const request = ["call", "Call/Call", '{"text":"a"}', ...at];
    const terminal = { ...fakeTerminal(), interactive: true };
    await run(request, terminal);
    expect(terminal.out).toEqual(["{", '  "text": "a!"', "}"]);
    const program = { ...fakeTerminal(), interactive: true };
    await run([...request, "--json"], program);
    expect(program.out).toEqual(['{"text":"a!"}']);
  });

  test("streams both ways", async () => {
    expect((await call("Call/Chat", '{"text":"a"}', '{"text":"b"}')).out).toEqual([
      '{"text":"A"}',
      '{"text":"B"}',
    ]);
  });

  test("calls a node that is named, without a registry, and an instance", async () => {
    expect((await helio("call", "Call/Call", "--endpoint", endpointOf(node))).out).toEqual(['{"text":"!"}']);
    expect((await call("Call/Call", "--instance", node.instance.slice(0, 8))).out).toEqual(['{"text":"!"}']);
    expect(await call("Call/Call", "--instance", "second")).toMatchObject({
      code: 1,
      err: [`second (${second.instance.slice(0, 8)}) doesn't serve heliograph.test.v1.CallService`],
    });
  });

  test("calls what every node serves, although it is not announced", async () => {
    const { code, out } = await helio("call", "NodeService/Info", "--endpoint", endpointOf(node));
    expect(code).toBe(0);
    expect(lines(out)).toMatchObject([{ announcement: { node: "notes" } }]);
  });

  test("sends metadata, and shows what comes back", async () => {
    const metadata = ["--metadata", "Tenant: a:b", "--metadata", "key-bin:AQI="];
    const { out, err } = await call("Call/Call", ...metadata, "--show-metadata");
    expect(out).toEqual(['{"text":"!"}']);
    expect(err).toEqual(["header seen-tenant: a:b", "header seen-key-bin: AQI=", "trailer took: 1 ms"]);
  });

  test("ends with the deadline of --timeout-ms", async () => {
    const { code, out, err } = await call("Call/Count", "{}", "--timeout-ms", "300");
    expect({ code, out }).toEqual({ code: 1, out: ['{"text":"begun"}'] });
    expect(err).toEqual([
      expect.stringMatching(/^DEADLINE_EXCEEDED: .*300 ms/),
      "reason: CALL_TIMED_OUT",
      expect.stringMatching(CALLED),
    ]);
  });

  test("cancels the call at Ctrl+C", async () => {
    const terminal = fakeTerminal();
    const ended = run(["call", "Call/Count", '{"text":"told"}', ...at], terminal);
    await terminal.printed(/begun/);
    terminal.interrupt();
    expect(await ended).toBe(1);
    expect(terminal.err).toEqual([
      expect.stringMatching(/^CANCELLED: /),
      "reason: CALL_CANCELLED",
      expect.stringMatching(CALLED),
    ]);
    expect(await cancelled).toMatchObject({ code: Code.Cancelled });
  });
});

describe("a call that fails", () => {
  test("tells code, text, reason and details, with nothing that a terminal would obey", async () => {
    expect(await call("Call/Other", '{"text":"x"}')).toEqual({
      code: 1,
      out: [],
      err: [
        'NOT_FOUND: no note "x" [31m',
        "reason: NOTE_UNKNOWN",
        `detail: heliograph.test.v1.Problem "${Buffer.from(Problem.encode({ id: "x", count: 2 }).finish()).toString("base64")}"`,
        'detail: heliograph.test.v1.Note {"text":"x"}',
        expect.stringMatching(CALLED),
      ],
    });
  });

  test("is JSON for a program", async () => {
    const { code, out, err } = await call("Call/Other", '{"text":"x"}', "--json");
    expect({ code, out, lines: err.length }).toEqual({ code: 1, out: [], lines: 1 });
    expect(lines(err)).toEqual([
      {
        error: {
          node: "notes",
          instance: expect.any(String),
          code: "NOT_FOUND",
          reason: "NOTE_UNKNOWN",
          message: 'no note "x"\u001b[31m',
          origin: "peer",
          notProcessed: false,
          details: [
            { type: "heliograph.test.v1.Problem", value: expect.any(String) },
            { type: "heliograph.test.v1.Note", value: { text: "x" } },
          ],
        },
      },
    ]);
    expect(lines((await call("Nothing/Call", "--json")).err)).toEqual([
      { error: { message: expect.stringContaining('nobody serves "Nothing"') } },
    ]);
  });

  test("never begins for a method that isn't one, and says what was meant", async () => {
    expect(await call("Call/Cuont")).toEqual({
      code: 1,
      out: [],
      err: [
        'heliograph.test.v1.CallService has no method "Cuont"; did you mean Count?',
        "it has Call, Other, Empty, Count, Sum, Chat, Watch, WatchClosely, Look",
      ],
    });
    expect(await call("CalService/Call")).toEqual({
      code: 1,
      out: [],
      err: [
        'nobody serves "CalService"; did you mean heliograph.test.v1.CallService?',
        "there is example.v1.GoneService, heliograph.test.v1.CallService, heliograph.test.v1.SecondService",
      ],
    });
    expect(await call("Call")).toMatchObject({
      code: 2,
      err: [expect.stringContaining("write Service/Method")],
    });
  });

  test("never begins with a request that is not of its type", async () => {
    expect(await call("Call/Call", '{"txet":"a"}')).toEqual({
      code: 2,
      out: [],
      err: [
        'the request: heliograph.test.v1.Note: heliograph.test.v1.Note has no field "txet"; did you mean text?',
      ],
    });
    expect(await call("Call/Sum", "{}", '{"number":"a"}')).toMatchObject({
      code: 2,
      err: ['request 2: heliograph.test.v1.Note.number: expected a 64-bit integer as text, got "a"'],
    });
    expect(await call("Call/Call", "{")).toMatchObject({
      code: 2,
      err: [expect.stringMatching(/^the request is no JSON: /)],
    });
    expect(await call("Call/Call", "{}", "{}")).toMatchObject({
      code: 2,
      err: ["heliograph.test.v1.CallService/Call takes one request; there are more"],
    });
    expect(await call("Call/Call", "--metadata", "a")).toMatchObject({ code: 2 });
    expect(await call("Call/Call", "--metadata", "a b:c")).toMatchObject({ code: 2 });
    expect(await call("Call/Call", "--metadata", "a-bin:ü")).toMatchObject({ code: 2 });
  });

  test("ends at the first request of a stream that is not of its type, and names it", async () => {
    const terminal = fakeTerminal({}, '{"number":1}\n{"number":true}');
    expect(await run(["call", "Call/Sum", "-", ...at], terminal)).toBe(2);
    expect(terminal.err).toEqual([
      "value 2 of standard input: heliograph.test.v1.Note.number: expected a 64-bit integer as text, got true",
    ]);
    const missing = join(folder, "missing");
    expect(await call("Call/Sum", "--file", missing)).toMatchObject({
      code: 1,
      err: [expect.stringContaining(`${missing} can't be read: ENOENT`)],
    });
  });

  test("tells which instances did not answer", async () => {
    expect(await call("Gone/Call")).toEqual({
      code: 1,
      out: [],
      err: ["gone (gone-000): nobody listens there"],
    });
  });

  test("says what a method is not found for where there is nothing at all", async () => {
    const empty = await standInRegistry([]);
    try {
      expect(await helio("call", "Greeter/Greet", "--registry", endpointOf(empty))).toMatchObject({
        code: 1,
        err: ['nobody serves "Greeter"', "no service is announced at all"],
      });
    } finally {
      await empty.close();
    }
  });
});

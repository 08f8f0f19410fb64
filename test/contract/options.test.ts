import { describe, expect, test } from "vitest";
import { Code, connectTo, createClient, createNode, insecure, serve } from "../../src/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { failure, harness, silent, tcp } from "./rpc-harness.js";

const { pair } = harness(tcp);
const security = insecure();
const common = { security, logger: silent };
const here = ["tcp://127.0.0.1:5555"];

/** What can be got wrong, and what the error has to quote and to recommend. */
type Case = [what: string, run: () => unknown, ...texts: string[]];

/** A value of a type that only plain JavaScript lets through. */
const wrong = (value: unknown) => value as never;

const atOnce: Case[] = [
  ["createNode without options", () => createNode(wrong(undefined)), "security is required", "insecure()"],
  [
    "createNode without security",
    () => createNode(wrong({ name: "a" })),
    "security: insecure()",
    "got nothing",
  ],
  [
    "security of another kind",
    () => createNode({ name: "a", security: wrong({ kind: "x" }) }),
    '{"kind":"x"}',
  ],
  ["a name with a space", () => createNode({ ...common, name: "a b" }), '"a b"', "1 to 64 letters"],
  ["no name", () => createNode({ ...common, name: wrong(undefined) }), "undefined", "1 to 64 letters"],
  ["a long name", () => createNode({ ...common, name: "a".repeat(65) }), "1 to 64 letters"],
  ["a stallMs of 0", () => createNode({ ...common, name: "a", stallMs: 0 }), "stallMs", "positive", "got 0"],
  [
    "limits.maxCalls of 0",
    () => createNode({ ...common, name: "a", limits: { maxCalls: 0 } }),
    "limits.maxCalls must be an integer of at least 1, got 0",
  ],
  [
    "limits.windowBytes of a text",
    () => createNode({ ...common, name: "a", limits: { windowBytes: wrong("1MB") } }),
    "limits.windowBytes must be an integer of at least 65536, got 1MB",
  ],
  [
    "limits.messageBytes with a fraction",
    () => connectTo(here, { ...common, limits: { messageBytes: 2048.5 } }),
    "limits.messageBytes",
    "2048.5",
  ],
  [
    "limits.metadataBytes too small",
    () => connectTo(here, { ...common, limits: { metadataBytes: 1 } }),
    "256, got 1",
  ],
  [
    "limits of an unknown name",
    () => createNode({ ...common, name: "a", limits: wrong({ maxCall: 3 }) }),
    'limits has no "maxCall"; it has maxCalls, windowBytes',
  ],
  [
    "an endpoint of another protocol",
    () => connectTo(["http://127.0.0.1:80"], common),
    '"http://127.0.0.1:80"',
  ],
  ["a port to connect to that is too large", () => connectTo(["tcp://127.0.0.1:99999"], common), "99999"],
  ["any port to connect to", () => connectTo(["tcp://127.0.0.1:*"], common), '"tcp://127.0.0.1:*"'],
  [
    "no port to connect to",
    () => connectTo(["tcp://localhost"], common),
    "it has no port; write tcp://host:port",
  ],
  [
    "an endpoint in memory, but no network",
    () => connectTo(["memory://greeter"], common),
    "pass network: memoryNetwork()",
  ],
  [
    "connectTo a text",
    () => connectTo(wrong("tcp://127.0.0.1:5555"), common),
    "endpoints must be a list such as",
  ],
  ["connectTo nothing", () => connectTo([], common), "endpoints must be a list such as", "got []"],
  [
    "an endpoint without a scheme",
    () => connectTo(["127.0.0.1:5555"], common),
    '"127.0.0.1:5555"',
    "tcp://host:port",
  ],
  ["an endpoint that is none", () => connectTo([wrong(5)], common), "5 is not an endpoint"],
  [
    "an endpoint on another machine",
    () => connectTo(["tcp://10.0.0.7:5555"], common),
    "tcp://10.0.0.7:5555",
    "insecure({ remote: true })",
  ],
  [
    "an option that connectTo() lacks",
    () => connectTo(here, wrong({ ...common, timeoutMs: 5 })),
    'connectTo() has no option "timeoutMs"; it has name, security',
  ],
  [
    "an option that createNode() lacks",
    () => createNode(wrong({ name: "a", ...common, endpoint: "tcp://127.0.0.1:*" })),
    'createNode() has no option "endpoint"',
  ],
  ["connectTo without options", () => connectTo(here, wrong(undefined)), "security: insecure()"],
  [
    "connectTimeoutMs below 0",
    () => connectTo(here, { ...common, connectTimeoutMs: -1 }),
    "connectTimeoutMs must be a positive number of milliseconds, got -1",
  ],
  [
    "a backoff factor below 1",
    () => connectTo(here, { ...common, backoff: { factor: 0 } }),
    "backoff.factor",
    "got 0",
  ],
  [
    "createClient of what leads nowhere",
    () => createClient(wrong({}), CallService),
    "must be a node or a connection",
    "createClient(node, GreeterService)",
  ],
  [
    "createClient of nothing",
    () => createClient(wrong(undefined), CallService),
    "must be a node or a connection",
  ],
  [
    "createClient without a service",
    () => createClient(connectTo(here, common), wrong(undefined)),
    "a generated service, as in createClient(connection, GreeterService)",
    "got undefined",
  ],
  [
    "an unknown codec",
    () => createClient(connectTo(here, common), CallService, { codec: wrong("xml") }),
    'codec must be "protobuf", "json" or "msgpack", got "xml"',
  ],
  [
    "interceptors that are no list",
    () => createClient(connectTo(here, common), CallService, { interceptors: wrong(() => {}) }),
    "interceptors must be a list of functions",
    "got a function",
  ],
];

const whenServing: Case[] = [
  ["serve without a node", () => serve(wrong(undefined), CallService, {}), "must be a node, as createNode()"],
  ["serve on something else", () => serve(wrong({}), CallService, {}), "must be a node", "got an object"],
  [
    "serve in memory, but no network",
    () => serve(server(), CallService, {}, { endpoint: "memory://greeter" }),
    "memory:// needs network: memoryNetwork()",
  ],
  [
    "serve without a service",
    () => serve(server(), wrong(undefined), wrong({})),
    "generated service, as in serve(node",
  ],
  ["serve without handlers", () => serve(server(), CallService, wrong(null)), "must be an object, got null"],
  [
    "a handler of an unknown name",
    () => serve(server(), CallService, wrong({ cal: () => {} })),
    'heliograph.test.v1.CallService has no method "cal"; it has call, other, empty',
  ],
  [
    "a handler that is no function",
    () => serve(server(), CallService, wrong({ call: 5 })),
    "the handler heliograph.test.v1.CallService.call must be a function, got number",
  ],
  ["maxConcurrent of 0", () => serve(server(), CallService, {}, { maxConcurrent: 0 }), "at least 1, got 0"],
  [
    "serve's interceptors",
    () => serve(server(), CallService, {}, { interceptors: wrong([5]) }),
    "interceptors must be a list of functions",
  ],
  [
    "an endpoint that is none",
    () => serve(server(), CallService, {}, { endpoint: wrong(5) }),
    "5 is not an endpoint",
  ],
  [
    "an endpoint without a port",
    () => serve(server(), CallService, {}, { endpoint: "tcp://127.0.0.1" }),
    '"tcp://127.0.0.1"',
  ],
  [
    "an unknown scheme",
    () => serve(server(), CallService, {}, { endpoint: "udp://127.0.0.1:1" }),
    "udp://",
    "tcp://",
  ],
  [
    "listening beyond the machine",
    () => serve(server(), CallService, {}, { endpoint: "tcp://0.0.0.0:*" }),
    "tcp://0.0.0.0:*",
    "insecure({ remote: true })",
  ],
  ["a grace below 0", () => server().close({ graceMs: -1 }), "graceMs", "0 or more, got -1"],
  [
    "a grace without end",
    () => server().close({ graceMs: Number.POSITIVE_INFINITY }),
    "graceMs",
    "got Infinity",
  ],
];

const whenCalling: Case[] = [
  [
    "a timeout that is no number",
    () => call({ timeoutMs: wrong("1s") }),
    "timeoutMs",
    "Infinity for none, got",
  ],
  ["a timeout that is NaN", () => call({ timeoutMs: Number.NaN }), "timeoutMs", "got NaN"],
  ["metadata with a bad key", () => call({ metadata: { "a b": "c" } }), '"a b" is not a metadata key'],
  ["metadata that is a text", () => call({ metadata: wrong("a=1") }), "must be an object or a list of pairs"],
  ["a signal that is none", () => call({ signal: wrong({}) }), "signal must be an AbortSignal"],
];

function server() {
  return createNode({ ...common, name: "a" });
}

function call(options: object): Promise<unknown> {
  return createClient(connectTo(here, common), CallService).call({}, options);
}

describe("a bad option is refused with its value and the fix", () => {
  test.each(atOnce)("%s", (_what, run, ...texts) => {
    expect(run).toThrow(expect.objectContaining({ name: "HeliographError", code: Code.InvalidArgument }));
    for (const text of texts) expect(run).toThrow(text);
  });

  test.each([...whenServing, ...whenCalling])("%s", async (_what, run, ...texts) => {
    const error = await failure(run() as Promise<unknown>);
    expect(error.code).toBe(Code.InvalidArgument);
    for (const text of texts) expect(error.message).toContain(text);
  });

  test("an endpoint that is taken is UNAVAILABLE, and the node can serve elsewhere afterwards", async () => {
    const { endpoint } = await pair({});
    await using node = createNode({ ...common, name: "second" });
    expect(await failure(serve(node, CallService, {}, { endpoint }))).toMatchObject({
      code: Code.Unavailable,
      reason: "ENDPOINT_TAKEN",
    });
    const served = await serve(node, CallService, {});
    expect(served.endpoints).toHaveLength(1);
  });

  test("making nodes, connections and clients does no input or output", () => {
    const before = process.getActiveResourcesInfo().length;
    createNode({ ...common, name: "a" });
    createClient(connectTo(here, common), CallService);
    expect(process.getActiveResourcesInfo()).toHaveLength(before);
  });
});

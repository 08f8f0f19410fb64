import { beforeAll, expect, it } from "vitest";
import { fixtureSources } from "./fixtures.js";
import { type Compiled, compile } from "./schemas.js";

let compiled: Compiled;
let patterns: string;
let names: string;

beforeAll(async () => {
  compiled = await compile(await fixtureSources());
  const { error, files } = compiled.run("target=ts");
  expect(error).toBe("");
  patterns = files.get("patterns/v1/patterns_heliograph.ts") ?? "";
  names = files.get("tricky/v1/names_heliograph.ts") ?? "";
});

/** One member of the service, comment and all: members are apart by an empty line. */
function member(name: string): string {
  const members = patterns.slice(patterns.indexOf("= {\n") + 4).split("\n\n");
  return members.find((text) => `\n${text}`.includes(`\n  ${name}: {\n`)) ?? "";
}

it("writes a unary rpc with its comment, idempotency and deprecation", () => {
  expect(member("unary")).toBe(`  /**
   * Asks.
   *
   * @deprecated
   */
  unary: {
    kind: "unary",
    service: "patterns.v1.PatternsService",
    name: "Unary",
    path: "patterns.v1.PatternsService/Unary",
    input: Request,
    output: Response,
    deprecated: true,
    idempotency: "idempotent",
    get schema(): string {
      return patternsServiceSchema;
    },
  } as UnaryMethod<Request, Response>,`);
});

it("writes the three kinds of streams", () => {
  expect(member("serverStream")).toMatch(
    /kind: "server-stream".*"no-side-effects".*as ServerStreamMethod<Request, Response>/s,
  );
  expect(member("clientStream")).toMatch(
    /kind: "client-stream".*"unknown".*as ClientStreamMethod<Request, Response>/s,
  );
  expect(member("bidiStream")).toMatch(/kind: "bidi-stream".*as BidiStreamMethod<Request, Response>/s);
});

it("writes how a resumable stream is kept, with the defaults of what is left out", () => {
  expect(member("resumableStream")).toBe(`  /** Watches. */
  resumableStream: {
    kind: "server-stream",
    service: "patterns.v1.PatternsService",
    name: "ResumableStream",
    path: "patterns.v1.PatternsService/ResumableStream",
    input: Request,
    output: Response,
    idempotency: "no-side-effects",
    resumable: { retentionMs: 60_000, windowMessages: 4, windowBytes: 65_536 },
    get schema(): string {
      return patternsServiceSchema;
    },
  } as ServerStreamMethod<Request, Response>,`);
  expect(member("defaultResumableStream")).toContain(
    "resumable: { retentionMs: 30_000, windowMessages: 1_024, windowBytes: 1_048_576 },",
  );
  expect(member("longestResumableStream")).toContain(
    "resumable: { retentionMs: 3_600_000, windowMessages: 65_536, windowBytes: 67_108_864 },",
  );
  expect(member("serverStream")).not.toContain("resumable");
});

it("writes a topic's key with the fields' TypeScript names", () => {
  expect(member("plainTopic")).toMatch(/input: Empty,.*key: \[\],.*\n {2}\} as Topic<Reading, never>/s);
  expect(member("keyedTopic")).toContain(`    key: [
      { kind: "literal", text: "building" },
      { kind: "field", field: "floorNumber", type: "integer" },
      { kind: "field", field: "room", type: "string" },
      { kind: "field", field: "isHot", type: "bool" },
      { kind: "field", field: "unit", type: "enum" },
    ],
    get schema(): string {
      return patternsServiceSchema;
    },
  } as Topic<Reading, "floorNumber" | "room" | "isHot" | "unit">`);
});

it("writes pipelines", () => {
  expect(member("plainPipeline")).toMatch(/acknowledged: false,.*\n {2}\} as Pipeline<Job, Empty>/s);
  expect(member("resultPipeline")).toMatch(/acknowledged: true,.*\n {2}\} as Pipeline<Job, Response>/s);
});

it("writes actions with what is inside the answer", () => {
  expect(member("streamAction")).toContain(`    output: ActionEvent,
    feedback: Progress,
    result: Done,
    policy: { kind: "queue", size: 5 },
    retentionMs: 1_500,
    get schema(): string {
      return patternsServiceSchema;
    },
  } as Action<Job, Progress, Done>`);
  expect(member("unaryAction")).toContain(`    output: Response,
    feedback: undefined,
    result: Response,
    policy: { kind: "parallel", max: 3 },
    retentionMs: 900_000,
    get schema(): string {
      return patternsServiceSchema;
    },
  } as Action<Job, never, Response>`);
  expect(member("defaultAction")).toContain(`policy: { kind: "refuse" }`);
});

it("keeps a comment from ending early, and marks a deprecated service", () => {
  expect(patterns).toContain(`/**
 * Every kind of member.
 *
 * With a comment that tries to end early: *\\/ and goes on.
 *
 * @deprecated
 */
export const PatternsService = {`);
});

it("imports types from the runtime that the template names", () => {
  const { files } = compiled.run(
    "target=ts,runtime=@acme/wires,import_suffix=",
    "patterns/v1/patterns.proto",
  );
  const text = files.get("patterns/v1/patterns_heliograph.ts");
  expect(text).toContain('} from "@acme/wires";');
  expect(text).toContain('import { Empty } from "../../google/protobuf/empty";');
});

it("imports messages from the module that stands in for their file", () => {
  const { files } = compiled.run(
    "target=ts,Mgoogle/protobuf/empty.proto=@acme/empty",
    "patterns/v1/patterns.proto",
  );
  expect(files.get("patterns/v1/patterns_heliograph.ts")).toContain('import { Empty } from "@acme/empty";');
});

it("renames what would clash, and only that", () => {
  expect(names).toContain('import type { UnaryMethod as UnaryMethodDefinition } from "heliograph";');
  expect(names).toContain('import { Shared as SharedMessage } from "./other.js";');
  expect(names).toContain("as UnaryMethodDefinition<Shared, SharedMessage>");
  expect(names).toContain("as UnaryMethodDefinition<Outer_Inner, DeepEr_InNer>");
  expect(names).toContain("as UnaryMethodDefinition<DateMessage, FunctionMessage>");
  expect(names).toContain("as UnaryMethodDefinition<Outer_Date, snakeCaseMsg>");
  expect(names).toContain("export const delete$ = {");
});

it("gives members a trailing $ where the language knows the name", () => {
  const members = [...names.matchAll(/^ {2}([\w$]+): \{$/gm)].map((match) => match[1]);
  expect(members).toEqual([
    ...["nested", "dates", "nestedDates", "clash", "runtime", "globals", "getAPIVersion", "listAllThings"],
    ...["then$", "constructor$", "delete", "toString$", "toJSON$", "valueOf$", "hasOwnProperty$"],
    ...["import", "class", "service", "schema", "do"],
  ]);
});

it("writes the same bytes each time", () => {
  expect([...compiled.run("target=ts").files]).toEqual([...compiled.run("target=ts").files]);
});

it("emits nothing for files without services", () => {
  expect([...compiled.run("target=ts").files.keys()]).not.toContain("tricky/v1/other_heliograph.ts");
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Node } from "../../../src/index.js";
import { describeService } from "../../../src/wire/schema-text.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { CodecService } from "../../gen/heliograph/test/v1/codec_heliograph.js";
import { helio, type Outcome } from "../../unit/cli/fake-terminal.js";
import { known, services } from "../../unit/cli/instances.js";
import { knownService, reflectingNode } from "./reflecting-node.js";
import { endpointOf, standInRegistry } from "./stand-in.js";

let notes: Node;
let codec: Node;
let registry: Node;
let at: string[];

beforeAll(async () => {
  notes = await reflectingNode("notes", CallService, {});
  codec = await reflectingNode("codec", CodecService, {});
  const gone = known("gone", {
    endpoints: ["ipc:///nowhere/gone"],
    services: services("example.v1.GoneService", CallService.$service),
  });
  registry = await standInRegistry([
    knownService(notes, CallService),
    knownService(codec, CodecService),
    gone,
  ]);
  at = ["--registry", endpointOf(registry)];
});

afterAll(async () => {
  await Promise.all([notes.close(), codec.close(), registry.close()]);
});

function describes(...args: readonly string[]): Promise<Outcome> {
  return helio("describe", ...args, ...at);
}

describe("helio describe", () => {
  test("shows all services, and says of which it knows nothing", async () => {
    const { code, out, err } = await describes();
    expect(code).toBe(0);
    expect(out.slice(0, 3)).toEqual([
      "heliograph.test.v1.CallService",
      "  rpc Call(Note) returns (Note);",
      "  rpc Other(Note) returns (Note);",
    ]);
    expect(out).toContain("heliograph.test.v1.CodecService");
    expect(err).toEqual([
      "example.v1.GoneService: gone (gone-000): nobody listens there",
      expect.stringMatching(/CallService has 2 schemas, .*; helio doctor says whether they go together$/),
    ]);
  });

  test("shows a service as its .proto has it, and who has another one", async () => {
    const { code, out, err } = await describes("Codec");
    expect({ code, out: out.join("\n"), err }).toEqual({
      code: 0,
      out: describeService(CodecService),
      err: [],
    });
    expect((await describes("CallService")).err).toEqual([
      expect.stringMatching(
        /^this is what notes \(.{8}\) serves \([0-9a-f]{16}\); gone \(gone-000\) has another schema \(0011223344556677\); helio doctor says whether they go together$/,
      ),
    ]);
  });

  test("shows a method, and what it uses", async () => {
    const { out } = await describes("Call/look");
    expect(out.slice(0, 4)).toEqual([
      "rpc Look(Note) returns (Note) {",
      "  option idempotency_level = NO_SIDE_EFFECTS;",
      "}",
      "",
    ]);
    expect(out.filter((line) => line.startsWith("message "))).toEqual(["message Note {", "message Nested {"]);
    expect(await describes("Call/Lok")).toMatchObject({
      code: 1,
      err: [
        expect.any(String),
        'heliograph.test.v1.CallService has no method "Lok"; did you mean Look?',
        expect.stringMatching(/^it has Call, Other, /),
      ],
    });
  });

  test("shows a message or an enum, of whichever service", async () => {
    const { out } = await describes("Everything.Nested");
    expect(out[0]).toBe("message Everything.Nested {");
    expect((await describes("heliograph.test.v1.Colour")).out[0]).toBe("enum Colour {");
    expect(await describes("Nested")).toMatchObject({
      code: 1,
      err: [
        expect.any(String),
        '"Nested" may be any of heliograph.test.v1.Nested, heliograph.test.v1.Everything.Nested; write it in full',
      ],
    });
    expect(await describes("Everythin")).toMatchObject({
      code: 1,
      err: [
        expect.any(String),
        'there is no service, node, message or enum "Everythin"; did you mean heliograph.test.v1.Everything?',
      ],
    });
  });

  test("shows a node by its own word, or by what a registry knows", async () => {
    const { code, out } = await describes("notes");
    expect(code).toBe(0);
    expect(out).toContain("node       notes");
    expect(out).toContain(`instance   ${notes.instance}`);
    expect(out).toContain(`endpoints  ${endpointOf(notes)}`);
    expect(out.find((line) => line.startsWith("services "))).toMatch(/CallService {2}[0-9a-f]{16}$/);
    const gone = await describes("gone");
    expect(gone.err).toEqual(["gone (gone-000) was not asked: nobody listens there"]);
    expect(gone.out).toContain("           heliograph.test.v1.CallService  0011223344556677");
    expect((await helio("describe", endpointOf(codec))).out).toContain("node       codec");
  });

  test("knows what every node serves without announcing it", async () => {
    expect((await describes("NodeService")).out).toContain("service NodeService {");
    expect((await describes("Health/Check")).out[0]).toBe(
      "rpc Check(CheckRequest) returns (CheckResponse) {",
    );
  });

  test("is one JSON object for a program", async () => {
    const json = async (...args: string[]) => {
      const { out } = await describes(...args, "--json");
      expect(out).toHaveLength(1);
      return JSON.parse(out[0] ?? "") as Record<string, unknown>;
    };
    const service = await json("CallService");
    expect(service).toMatchObject({
      service: "heliograph.test.v1.CallService",
      schemaHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      describedBy: { node: "notes", instance: notes.instance },
    });
    expect(service["methods"]).toContainEqual({
      method: "WatchClosely",
      kind: "server-stream",
      input: "heliograph.test.v1.Note",
      output: "heliograph.test.v1.Note",
      idempotency: "unknown",
      resumable: { retentionMs: 2000, windowMessages: 4, windowBytes: 65536 },
    });
    expect(service["types"]).toContainEqual({
      message: "heliograph.test.v1.Nested",
      fields: [{ name: "value", jsonName: "value", number: 1, type: "int32" }],
    });
    expect(await json("Call/Look")).toMatchObject({
      method: "Look",
      kind: "unary",
      idempotency: "no-side-effects",
    });
    expect(await json("Colour")).toMatchObject({
      types: [
        {
          enum: "heliograph.test.v1.Colour",
          values: expect.arrayContaining([{ name: "COLOUR_BLUE", number: -1 }]),
        },
      ],
    });
    expect(await json("notes")).toMatchObject({
      nodes: [{ node: "notes", info: { announcement: { node: "notes" } } }],
    });
    expect(await json()).toMatchObject({
      services: [{ service: CallService.$service }, { service: CodecService.$service }],
    });
  });
});

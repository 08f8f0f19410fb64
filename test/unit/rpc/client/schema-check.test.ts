import { Buffer } from "node:buffer";
import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import { HeliographError } from "../../../../src/core/error.js";
import type { SchemaRequest } from "../../../../src/gen/heliograph/node/v1/node.js";
import { SchemaResponse } from "../../../../src/gen/heliograph/node/v1/node.js";
import { SchemaCheck } from "../../../../src/rpc/client/schema-check.js";
import { SchemaVerdicts } from "../../../../src/rpc/client/schema-verdicts.js";
import type { Transport, UsedService } from "../../../../src/rpc/transport.js";
import { hashBytes } from "../../../../src/wire/schema-hash.js";
import { EchoService } from "../../../gen/heliograph/test/v1/echo_heliograph.js";

const service: UsedService = { name: EchoService.$service, schema: EchoService.$schema };
const own = Buffer.from(EchoService.$schema, "base64");
const compatible = changed((set) => {
  set.file[0]?.messageType[0]?.field.forEach((field) => {
    field.name += "_renamed";
  });
});
const incompatible = changed((set) => {
  for (const { messageType } of set.file) {
    for (const { field } of messageType) {
      for (const one of field) {
        one.type = one.type === 1 ? 9 : 1;
        one.typeName = "";
      }
    }
  }
});

function changed(change: (set: FileDescriptorSet) => void): Uint8Array {
  const set = clone(FileDescriptorSetSchema, fromBinary(FileDescriptorSetSchema, own));
  change(set);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, set));
}

function server(schemaHash: string, name = service.name) {
  return { endpoint: "tcp://h:1", server: { node: "echo", services: [{ name, schemaHash }] } };
}

/** Answers the calls of `Schema`, and counts them. */
class Asked {
  count = 0;
  readonly #answer: () => Promise<Uint8Array>;

  constructor(answer: Uint8Array | (() => Promise<Uint8Array>)) {
    this.#answer = typeof answer === "function" ? answer : async () => answer;
  }

  readonly transport = {
    unary: async (method: { path: string }, request: SchemaRequest) => {
      expect(method.path).toBe("heliograph.node.v1.NodeService/Schema");
      expect(request).toEqual({ services: [service.name] });
      this.count++;
      const descriptorSet = await this.#answer();
      return SchemaResponse.fromPartial({ services: [{ name: service.name, hash: "", descriptorSet }] });
    },
  } as unknown as Transport;
}

describe("SchemaCheck", () => {
  test("passes a server with the same schema, with none, or without the service, unasked", () => {
    const check = new SchemaCheck();
    const { transport } = new Asked(incompatible);
    expect(check.judge(service, server(hashBytes(own)), transport)).toBeUndefined();
    expect(check.judge(service, server(""), transport)).toBeUndefined();
    expect(check.judge(service, server("00", "other.Service"), transport)).toBeUndefined();
    expect(check.judge(service, { endpoint: "tcp://h:1", server: undefined }, transport)).toBeUndefined();
  });

  test("asks for a schema that differs, once, and passes it when it is compatible", async () => {
    const check = new SchemaCheck();
    const asked = new Asked(compatible);
    const other = server(hashBytes(compatible));
    expect(await check.judge(service, other, asked.transport)).toBeUndefined();
    expect(check.judge(service, other, asked.transport)).toBeUndefined();
    expect(asked.count).toBe(1);
  });

  test("refuses a server whose schema is incompatible, and names it", async () => {
    const check = new SchemaCheck();
    const asked = new Asked(incompatible);
    const error = await check.judge(service, server(hashBytes(incompatible)), asked.transport);
    expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "SCHEMA_INCOMPATIBLE" });
    expect(error?.rawMessage).toMatch(
      /^heliograph\.test\.v1\.EchoService of echo at tcp:\/\/h:1 has another schema: /,
    );
    const again = check.judge(service, server(hashBytes(incompatible)), asked.transport);
    expect(again).toBeInstanceOf(HeliographError);
    expect(asked.count).toBe(1);
  });

  test("lets those who want to know the same wait for one answer", async () => {
    const check = new SchemaCheck();
    const asked = new Asked(incompatible);
    const other = server(hashBytes(incompatible));
    const [first, second] = await Promise.all([
      check.judge(service, other, asked.transport),
      check.judge(service, other, asked.transport),
    ]);
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(asked.count).toBe(1);
  });

  test("passes a server that can't be asked, and asks the next", async () => {
    const check = new SchemaCheck();
    const old = new Asked(() => Promise.reject(new HeliographError(Code.Unimplemented, "no such service")));
    const asked = new Asked(incompatible);
    const other = server(hashBytes(incompatible));
    const [first, second] = await Promise.all([
      check.judge(service, other, old.transport),
      check.judge(service, other, asked.transport),
    ]);
    expect(first).toBeUndefined();
    expect(second).toMatchObject({ reason: "SCHEMA_INCOMPATIBLE" });
  });

  test("believes no server that tells another schema than its hash says", async () => {
    const check = new SchemaCheck();
    const hash = hashBytes(compatible);
    const liar = new Asked(incompatible);
    const honest = new Asked(compatible);
    expect(await check.judge(service, server(hash), liar.transport)).toBeUndefined();
    expect(await check.judge(service, server(hash), honest.transport)).toBeUndefined();
    expect([liar.count, honest.count]).toEqual([1, 1]);
  });

  test("passes a schema that can't be read", async () => {
    const check = new SchemaCheck();
    const garbage = Buffer.from("garbage");
    const asked = new Asked(garbage);
    expect(await check.judge(service, server(hashBytes(garbage)), asked.transport)).toBeUndefined();
  });
});

describe("SchemaVerdicts", () => {
  test("keep no more than they may, and forget the oldest", () => {
    const verdicts = new SchemaVerdicts(1);
    verdicts.judge(service, hashBytes(compatible), compatible);
    expect(verdicts.of(service, hashBytes(compatible))).toEqual([]);
    verdicts.judge(service, hashBytes(incompatible), incompatible);
    expect(verdicts.of(service, hashBytes(compatible))).toBeUndefined();
    expect(verdicts.of(service, hashBytes(incompatible))).not.toEqual([]);
  });
});

import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { HealthService } from "../../../src/gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../../src/gen/heliograph/node/v1/node_heliograph.js";
import { hashBytes, schemaHash } from "../../../src/wire/schema-hash.js";

describe("schemaHash", () => {
  test("is the beginning of SHA-256 over the decoded bytes", () => {
    // printf abc | sha256sum
    expect(schemaHash(Buffer.from("abc").toString("base64"))).toBe("ba7816bf8f01cfea");
    expect(hashBytes(Buffer.from("abc"))).toBe("ba7816bf8f01cfea");
  });

  test("is the same for each member of a service, and differs between services", () => {
    expect(schemaHash(NodeService.ping.schema)).toBe(schemaHash(NodeService.$schema));
    expect(schemaHash(NodeService.$schema)).not.toBe(schemaHash(HealthService.$schema));
    expect(schemaHash(NodeService.$schema)).toMatch(/^[0-9a-f]{16}$/);
  });

  test("is empty for an empty schema, as for one that is not known", () => {
    expect(schemaHash("")).toBe("");
  });
});

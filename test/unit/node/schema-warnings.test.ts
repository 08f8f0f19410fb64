import { expect, test } from "vitest";
import { Code } from "../../../src/core/code.js";
import { HeliographError } from "../../../src/core/error.js";
import { SchemaWarnings } from "../../../src/node/schema-warnings.js";
import type { CheckedServer } from "../../../src/rpc/client/schema-check.js";
import type { Transport } from "../../../src/rpc/transport.js";

const error = new HeliographError(Code.FailedPrecondition, "misread", { reason: "SCHEMA_INCOMPATIBLE" });
const service = { name: "a.v1.Echo", schema: "" };
// It is handed on, and asked nothing.
const transport = {} as Transport;

function session(instance: string, schemaHash: string): CheckedServer {
  const endpoint = "tcp://h:1";
  const server = { node: "echo", services: [{ name: service.name, schemaHash }] };
  return { endpoint, server, peer: { node: "echo", instance } };
}

test("each life of a server and each of its schemas is told once, however it was found out", async () => {
  const told: string[] = [];
  let later = false;
  const warnings = new SchemaWarnings(
    () => (later ? Promise.resolve(error) : error),
    (name, { peer }) => told.push(`${name} ${peer?.instance}`),
  );
  expect(warnings.judge(service, session("one", "01"), transport)).toBe(error);
  later = true;
  expect(await warnings.judge(service, session("one", "01"), transport)).toBe(error);
  await warnings.judge(service, session("two", "01"), transport);
  await warnings.judge(service, session("one", "02"), transport);
  expect(told).toEqual(["a.v1.Echo one", "a.v1.Echo two", "a.v1.Echo one"]);
});

test("who fits is not told", async () => {
  const fits = new SchemaWarnings(
    () => undefined,
    () => expect.unreachable(),
  );
  expect(fits.judge(service, session("one", "01"), transport)).toBeUndefined();
});

test("what is remembered is bounded: beyond 1,024 the first is told again", () => {
  let told = 0;
  const warnings = new SchemaWarnings(
    () => error,
    () => told++,
  );
  for (let i = 0; i < 1_025; i++) warnings.judge(service, session(`${i}`, "01"), transport);
  warnings.judge(service, session("1024", "01"), transport);
  expect(told).toBe(1_025);
  warnings.judge(service, session("0", "01"), transport);
  expect(told).toBe(1_026);
});

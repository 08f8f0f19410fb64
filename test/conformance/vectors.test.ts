import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "../../scripts/run.mjs";
import { Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { bareAnswer, envelopeLength } from "../../src/wire/envelope.js";
import { pythonTools } from "../support/python.js";
import { packetType } from "./definitions/build.js";
import { faultTexts } from "./faults.js";
import { withSnakeKeys } from "./frame-fields.js";
import { makeVectors } from "./make-vectors.js";
import { readMeaning } from "./read-meaning.js";
import { type Json, loadVectors, partsOf, type Vector, vectorsFolder } from "./vector.js";
import { writeMeaning } from "./write-meaning.js";

const vectors = loadVectors();
const valid = vectors.filter(({ meaning }) => meaning !== undefined);
const malformed = vectors.filter(({ fault }) => fault?.kind === "malformed");
const messages = valid.filter(({ meaning }) => meaning?.bare_answer === undefined);
const packets = valid.filter(({ meaning }) => meaning?.packet !== undefined);
const byName = (some: readonly Vector[]) => some.map((vector): [string, Vector] => [vector.name, vector]);

function packetOf(vector: Vector): Buffer {
  const parts = partsOf(vector);
  return parts[envelopeLength(parts)]!;
}

describe("the vectors", () => {
  test("have names of their own, and a meaning or a fault", () => {
    expect(vectors.length).toBeGreaterThan(150);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    for (const { meaning, fault } of vectors) expect(meaning ?? fault).toBeDefined();
  });

  test("are what the definitions make, but for those that are written by hand", async () => {
    for (const [name, content] of makeVectors()) {
      const held = await readFile(vectorsFolder + name, "utf8");
      expect(held === content, `${name} is stale: npx tsx test/conformance/make-vectors.ts`).toBe(true);
    }
  });

  test("have reasons that this kit has words for, and no other reason has any", () => {
    const reasons = vectors.flatMap(({ fault }) => fault?.reason ?? []);
    expect([...new Set(reasons)].sort()).toEqual(Object.keys(faultTexts).sort());
  });
});

describe("a message has its meaning", () => {
  test.each(byName(messages))("for the packet reader: %s", (_name, vector) => {
    expect(readMeaning(partsOf(vector), vector.meaning?.assembled !== undefined)).toEqual(vector.meaning);
  });

  test.each(byName(packets))("for the generated code: %s", (_name, vector) => {
    const json = withSnakeKeys(Packet.toJSON(Packet.decode(packetOf(vector))));
    expect(json).toEqual(withoutUnknownEnums(vector.meaning?.packet ?? null));
  });

  test.each(byName(packets))("for reflection: %s", (_name, vector) => {
    const message = packetType.decode(packetOf(vector));
    const json = packetType.toObject(message, { longs: String, enums: String, bytes: String });
    expect(withoutDefaults(json as Json)).toEqual(withoutDefaults(vector.meaning?.packet ?? null));
  });

  test.each(byName(messages))("when the packet writer has written it: %s", (_name, { meaning = {} }) => {
    const assemble = meaning.assembled !== undefined;
    expect(readMeaning(writeMeaning(meaning), assemble)).toEqual(meaning);
  });

  test("as the answer of a bare call", () => {
    for (const vector of valid) {
      const answer = vector.meaning?.bare_answer?.answer;
      if (answer === undefined) continue;
      const parts = partsOf(vector);
      expect(bareAnswer(Buffer.from(answer, "base64"))).toEqual(parts.slice(envelopeLength(parts)));
    }
  });
});

describe("a message is refused", () => {
  test.each(byName(malformed))("%s", (_name, vector) => {
    expect(() => readMeaning(partsOf(vector))).toThrow(faultTexts[vector.fault?.reason ?? ""]);
  });
});

describe("the official protobuf package of Python", () => {
  test("reads the same meaning of every message", async () => {
    await using python = await pythonTools();
    const script = fileURLToPath(new URL("./vectors.py", import.meta.url));
    const read = await run(python.interpreter, [script, vectorsFolder, python.descriptors]);
    expect(read.trim().split(/\r?\n/).sort()).toEqual(valid.map(({ name }) => name).sort());
  });
});

/** The generated code knows no other name for the numbers that it doesn't know. */
function withoutUnknownEnums(json: Json, key = ""): Json {
  if (typeof json === "number" && ["kind", "codec", "compression"].includes(key)) return "UNRECOGNIZED";
  return mapped(json, withoutUnknownEnums);
}

/** Whether a default was written, or is shown, means nothing; but an empty payload is there. */
function withoutDefaults(json: Json, key = ""): Json {
  if (key !== "payload" && (json === 0 || json === "0" || json === "" || json === false)) return null;
  return mapped(json, withoutDefaults);
}

function mapped(json: Json, change: (json: Json, key: string) => Json): Json {
  if (Array.isArray(json)) return json.map((each: Json) => change(each, ""));
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json).map(([key, value]) => [key, change(value, key)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

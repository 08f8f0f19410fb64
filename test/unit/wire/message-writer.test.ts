import { fileURLToPath } from "node:url";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import type { MessageType } from "../../../src/wire/definition.js";
import { MessageWriter } from "../../../src/wire/message-writer.js";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { Everything } from "../../gen/heliograph/test/v1/everything.js";
import { everything, runs, wellKnown } from "./messages.js";

function write<T>(type: MessageType<T>, message: T): Uint8Array {
  const writer = new MessageWriter();
  writer.message(type, message);
  return new Uint8Array(writer.take());
}

/** The message as protobufjs takes it: no bigint, no Map, oneofs flat, defaults left out. */
function plain(message: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message) as [string, unknown][]) {
    if (typeof value === "object" && value !== null && "$case" in value && "value" in value) {
      result[value.$case as string] = plainValue(value.value);
    } else if (value instanceof Map) {
      result[key] = Object.fromEntries([...value].map(([k, v]) => [String(k), plainValue(v)]));
    } else if (value !== undefined && (key.startsWith("optional") || !isDefault(value))) {
      result[key] = plainValue(value);
    }
  }
  return result;
}

function isDefault(value: unknown): boolean {
  return (
    value === 0 ||
    value === 0n ||
    value === "" ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  return Array.isArray(value) ? value.map(plainValue) : plain(value);
}

describe("MessageWriter", () => {
  it("writes every message byte for byte as the stock writer does", () => {
    fc.assert(
      fc.property(everything, (message) => {
        expect(write(Everything, message)).toEqual(new Uint8Array(Everything.encode(message).finish()));
      }),
      runs,
    );
    fc.assert(
      fc.property(wellKnown, (message) => {
        expect(write(WellKnown, message)).toEqual(new Uint8Array(WellKnown.encode(message).finish()));
      }),
      runs,
    );
  });

  it("writes byte for byte what protobufjs does by reflection", () => {
    const file = fileURLToPath(new URL("../../proto/heliograph/test/v1/everything.proto", import.meta.url));
    const reflected = protobuf.loadSync(file).lookupType("heliograph.test.v1.Everything");
    // protobufjs writes the default key or value of a map entry, which ts-proto leaves out.
    const withoutMaps = everything.map((message): Everything => {
      const copy: Record<string, unknown> = { ...message, anEverything: undefined };
      for (const [key, value] of Object.entries(copy)) if (value instanceof Map) copy[key] = new Map();
      return copy as unknown as Everything;
    });
    fc.assert(
      fc.property(withoutMaps, (message) => {
        const theirs = reflected.encode(reflected.fromObject(plain(message))).finish();
        expect(Buffer.from(write(Everything, message)).toString("hex")).toBe(
          Buffer.from(theirs).toString("hex"),
        );
      }),
      runs,
    );
  });

  it("appends message after message, across slabs, and leaves what was taken alone", () => {
    const writer = new MessageWriter();
    const taken: { readonly view: Uint8Array; readonly copy: Uint8Array }[] = [];
    fc.assert(
      fc.property(everything, fc.boolean(), (message, take) => {
        writer.message(Everything, message);
        if (!take) return;
        const view = writer.take();
        taken.push({ view, copy: new Uint8Array(view) });
      }),
      runs,
    );
    for (const { view, copy } of taken) expect(new Uint8Array(view)).toEqual(copy);
  });

  it("writes texts of every length around its fast path", () => {
    for (const unit of ["a", "é", "€", "😀", "\ufffd", "\0"]) {
      for (let length = 0; length < 140; length++) {
        const message = Everything.fromPartial({ aString: unit.repeat(length) });
        expect(write(Everything, message)).toEqual(new Uint8Array(Everything.encode(message).finish()));
      }
    }
  });

  it("refuses what is missing or of another type instead of writing it", () => {
    const wrong: readonly (readonly [keyof Everything, readonly unknown[]])[] = [
      ["aString", [undefined, null, 1, {}, "\ud800", `${"x".repeat(60)}\udc00`]],
      ["anInt32", [undefined, null, "1", 1.5, Number.NaN, 2 ** 31, 1n]],
      ["aUint32", [undefined, null, -1, 2 ** 32, 0.5, Number.NaN]],
      ["aSint32", [undefined, null, 2 ** 31]],
      ["anInt64", [undefined, null, 1, "1", 2n ** 63n]],
      ["aUint64", [undefined, null, 1, -1n, 2n ** 64n]],
      ["aFixed64", [undefined, null, -1n]],
      ["aDouble", [undefined, null, "1", 1n]],
      ["aFloat", [undefined, null, 1e39]],
      ["aBool", [undefined, null, 1, "true"]],
      ["aBytes", [undefined, null, "text", [1]]],
      ["aColour", [undefined, null, "COLOUR_RED"]],
      ["aNested", [null, 1, {}]],
      ["strings", [undefined, null, [undefined], [1]]],
      ["nesteds", [undefined, [undefined], [null]]],
      ["stringsByString", [undefined, null, {}, new Map([["a", undefined]])]],
    ];
    for (const [field, values] of wrong) {
      for (const value of values) {
        const message = { ...Everything.create(), [field]: value };
        expect(() => write(Everything, message as Everything), `${field}: ${String(value)}`).toThrow();
      }
    }
  });
});

import { describe, expect, test } from "vitest";
import { Code, codeName, isCode } from "../../../src/core/code.js";
import { HeliographError, invalidArgument } from "../../../src/core/error.js";

describe("an error", () => {
  test("says its code first, and keeps its text apart", () => {
    const error = new HeliographError(Code.NotFound, 'no user "7"');
    expect(error.message).toBe('NOT_FOUND: no user "7"');
    expect(error.rawMessage).toBe('no user "7"');
    expect(error).toMatchObject({ reason: "", details: [], origin: "local", notProcessed: false });
    expect(error.name).toBe("HeliographError");
    expect("cause" in error).toBe(false);
  });

  test("names the call it ended in its message, and not in the text that travels", () => {
    const error = new HeliographError(Code.NotFound, "no user", { call: "a.B/C" });
    expect(error.message).toBe("NOT_FOUND: a.B/C: no user");
    expect(error.rawMessage).toBe("no user");
  });

  test("keeps reason, details, origin, cause and whether the call ran", () => {
    const cause = new Error("inner");
    const details = [{ type: "a.B", value: Uint8Array.of(1) }];
    const options = { reason: "USER_GONE", details, origin: "peer", notProcessed: true, cause } as const;
    expect(new HeliographError(Code.Aborted, "x", options)).toMatchObject(options);
  });

  test("is recognised across copies of the package, and nothing else is", () => {
    const foreign = Object.assign(new Error("NOT_FOUND: x"), {
      name: "HeliographError",
      code: 5,
      rawMessage: "x",
    });
    expect(foreign).toBeInstanceOf(HeliographError);
    for (const other of [
      new Error("x"),
      { name: "HeliographError", code: 5, rawMessage: "x" },
      Object.assign(new Error("x"), { name: "HeliographError", code: 99, rawMessage: "x" }),
      null,
      undefined,
      "x",
    ]) {
      expect(other instanceof HeliographError).toBe(false);
    }
  });
});

describe("a class of the application's that is derived from it", () => {
  class UserGone extends HeliographError {}

  test("has its own instances only, and these are of both classes", () => {
    const gone = new UserGone(Code.NotFound, "no user");
    expect(gone).toBeInstanceOf(UserGone);
    expect(gone).toBeInstanceOf(HeliographError);
    expect(new HeliographError(Code.NotFound, "no user") instanceof UserGone).toBe(false);
  });
});

describe("HeliographError.from", () => {
  test("returns errors of this class as they are", () => {
    const error = new HeliographError(Code.Aborted, "x");
    expect(HeliographError.from(error)).toBe(error);
  });

  test("fills what an error of another copy of the package may lack", () => {
    const foreign = Object.assign(new Error("x"), { name: "HeliographError", code: 5, rawMessage: "gone" });
    const error = HeliographError.from(foreign);
    expect(Object.getPrototypeOf(error)).toBe(HeliographError.prototype);
    expect(error).toMatchObject({
      code: 5,
      rawMessage: "gone",
      reason: "",
      details: [],
      notProcessed: false,
    });
  });

  test("takes an abort for CANCELLED and a timeout for DEADLINE_EXCEEDED", () => {
    const aborted = AbortSignal.abort().reason;
    expect(HeliographError.from(aborted)).toMatchObject({ code: Code.Cancelled, cause: aborted });
    const timeout = new DOMException("too late", "TimeoutError");
    expect(HeliographError.from(timeout)).toMatchObject({
      code: Code.DeadlineExceeded,
      rawMessage: "too late",
    });
  });

  test("takes everything else for the fallback, with the thrown value as its cause", () => {
    const thrown = new TypeError("bad");
    expect(HeliographError.from(thrown)).toMatchObject({
      code: Code.Unknown,
      rawMessage: "bad",
      cause: thrown,
    });
    expect(HeliographError.from(thrown, Code.Internal).code).toBe(Code.Internal);
    expect(HeliographError.from(new TypeError()).rawMessage).toBe("TypeError");
  });

  test.each([
    ["a text", "oops", "oops"],
    ["undefined", undefined, "undefined"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["an object that can't be shown", Object.create(null), "can't be shown"],
  ])("survives %s", (_what, thrown, text) => {
    const error = HeliographError.from(thrown);
    expect(error.code).toBe(Code.Unknown);
    expect(error.rawMessage).toContain(text);
  });
});

test("a configuration error is INVALID_ARGUMENT with reason BAD_OPTION", () => {
  expect(invalidArgument("x")).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
});

test("there are sixteen codes, with gRPC's numbers and names", () => {
  expect(Object.values(Code)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  expect(Object.values(Code).map(codeName)).toEqual(
    Object.keys(Code).map((key) => key.replace(/(?<!^)([A-Z])/g, "_$1").toUpperCase()),
  );
  expect([0, 17, 1.5, Number.NaN, -1].map(isCode)).toEqual([false, false, false, false, false]);
  expect([codeName(0), codeName(99)]).toEqual(["OK", "CODE_99"]);
});

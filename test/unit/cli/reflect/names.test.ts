import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/cli/failure.js";
import { findMethodName } from "../../../../src/cli/reflect/find-method-name.js";
import { parseMethodName } from "../../../../src/cli/reflect/method-name.js";
import { findServiceName } from "../../../../src/cli/reflect/service-name.js";

describe("findServiceName", () => {
  const names = ["a.v1.GreeterService", "a.v1.ClockService", "a.v2.ClockService", "a.v1.Chat", "a.v1.CHAT"];
  const found = (wanted: string) => {
    const result = findServiceName(wanted, names);
    return result.kind === "one" ? result.name : result;
  };

  test("takes a whole name, the end of one, and that without Service", () => {
    for (const name of [
      "a.v1.GreeterService",
      "v1.GreeterService",
      "GreeterService",
      "v1.Greeter",
      "Greeter",
    ]) {
      expect(found(name)).toBe("a.v1.GreeterService");
    }
  });

  test("looks at the case of letters only where nothing else tells two apart", () => {
    expect(found("greeter")).toBe("a.v1.GreeterService");
    expect(found("Chat")).toBe("a.v1.Chat");
    expect(found("chat")).toEqual({ kind: "several", candidates: ["a.v1.Chat", "a.v1.CHAT"] });
  });

  test("doesn't choose among several", () => {
    expect(found("Clock")).toEqual({
      kind: "several",
      candidates: ["a.v1.ClockService", "a.v2.ClockService"],
    });
    expect(found("v2.Clock")).toBe("a.v2.ClockService");
  });

  test("doesn't take the middle of a name, or half a word", () => {
    expect(found("v1")).toMatchObject({ kind: "none" });
    expect(found("reeterService")).toEqual({ kind: "none", candidates: ["a.v1.GreeterService"] });
  });

  test("says what a name that is none may mean", () => {
    expect(found("Greter")).toEqual({ kind: "none", candidates: ["a.v1.GreeterService"] });
    expect(found("Weather")).toEqual({ kind: "none", candidates: [] });
  });
});

describe("parseMethodName", () => {
  test("takes Service/Method, and nothing else", () => {
    expect(parseMethodName("a.v1.Greeter/Greet")).toEqual({ service: "a.v1.Greeter", method: "Greet" });
    for (const text of ["Greet", "/Greet", "a/", "a/b/c", ""]) {
      expect(() => parseMethodName(text)).toThrow(UsageError);
    }
  });
});

describe("findMethodName", () => {
  const names = ["GetUser", "getuser", "ListUsers"];

  test("takes the name of the .proto, that of TypeScript, and either in any case", () => {
    expect(findMethodName("GetUser", names)).toBe("GetUser");
    expect(findMethodName("getuser", names)).toBe("getuser");
    expect(findMethodName("getUser", names)).toBe("GetUser");
    expect(findMethodName("LISTUSERS", names)).toBe("ListUsers");
  });

  test("gives what is like it for any other", () => {
    expect(findMethodName("ListUser", names)).toEqual({ similar: ["ListUsers"] });
    expect(findMethodName("Delete", names)).toEqual({ similar: [] });
  });
});

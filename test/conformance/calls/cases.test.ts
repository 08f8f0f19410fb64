import { describe, expect, test } from "vitest";
import type { CaseTemplate } from "./case-file.js";
import { allCases, expandGroup } from "./expand-cases.js";
import { readCaseFiles } from "./read-case-files.js";

function expand(template: CaseTemplate) {
  return expandGroup({ group: "some", about: "", cases: [template] });
}

test("the case files make at least 400 cases, each with a name of its own", () => {
  const names = allCases().map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(400);
  expect(new Set(names).size).toBe(names.length);
});

test("each file says what its cases are about", () => {
  for (const { group, about } of readCaseFiles()) expect(about, group).toMatch(/\.$/);
});

describe("a case is expanded", () => {
  test("over kinds, transports, codecs and values, which its names tell", () => {
    const names = expand({
      name: "thing",
      kinds: ["unary", "bidi-full"],
      transports: ["tcp", "ipc"],
      codecs: ["json"],
      each: { code: ["NOT_FOUND"], size: [1] },
    }).map(({ name }) => name);
    expect(names).toEqual([
      "some/unary/thing/not-found/1/tcp/json",
      "some/unary/thing/not-found/1/ipc/json",
      "some/bidi-full/thing/not-found/1/tcp/json",
      "some/bidi-full/thing/not-found/1/ipc/json",
    ]);
  });

  test("with exactly as many bytes as the limit and what goes beyond it", () => {
    const [made] = expand({
      name: "thing",
      kinds: ["client-stream"],
      limit: { server: 2048, client: 1024 },
      requests: ["", ""],
      requestSizes: [0, 1],
      responseSizes: [0],
      respond: { withoutInfo: true },
    });
    expect(made?.serverLimit).toBe(2048);
    expect(made?.call.messageBytes).toBe(1024);
    // Tag and length take 3 bytes, the definition the rest.
    const [first, second] = made?.call.requests ?? [];
    expect(second?.data.length).toBe(2049 - 3);
    expect(first?.definition?.data[0]?.length).toBe(1024 - 3);
    expect(first?.data.length).toBeLessThan(2048 - 1024);
  });

  test("to a call of a server or of a client by hand, when it has frames for one", () => {
    const frames = [{ kind: "END" }];
    expect(expand({ name: "a", kinds: ["unary"], raw: frames })[0]?.raw).toBe("client");
    expect(expand({ name: "a", kinds: ["unary"], respond: { raw: frames } })[0]?.raw).toBe("server");
    expect(expand({ name: "a", kinds: ["unary"] })[0]?.raw).toBeUndefined();
  });

  test("unless it names what there isn't", () => {
    const bad = () => expand({ name: "a", kinds: ["unary"], respond: { error: { code: "NOT_THERE" } } });
    expect(bad).toThrow("there is no CODE_NOT_THERE");
  });

  test("unless a name in it is misspelt, at any depth", () => {
    const misspelt = [
      { kind: ["unary"] },
      { expect: { code: ["NOT_FOUND"] } },
      { respond: { header: [] } },
      { raw: [{ kind: "END", endOfStream: true }] },
      { respond: { raw: [{ kind: "END", endOfStream: true }] } },
    ];
    for (const each of misspelt) {
      const template = { name: "thing", kinds: ["unary"], ...each } as CaseTemplate;
      expect(() => expand(template)).toThrow(/^thing has "(kind|code|header|endOfStream)"; there are /);
    }
  });
});

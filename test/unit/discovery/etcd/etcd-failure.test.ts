import { describe, expect, test } from "vitest";
import { Code } from "../../../../src/core/code.js";
import { failureIn, unreachable } from "../../../../src/discovery/etcd/etcd-failure.js";
import { objectOf, parseJson } from "../../../../src/discovery/etcd/etcd-json.js";

const place = { endpoint: "http://e:2379", path: "/v3/kv/put" };
const failure = (text: string) => failureIn(place, parseJson(text) ?? {});

describe("the error in an answer", () => {
  test.each([
    ["of etcd 3.4", '{"error":"no lease","message":"no lease","code":5}', Code.NotFound],
    ["of etcd 3.5", '{"code":5,"message":"no lease","details":[]}', Code.NotFound],
    [
      "in a stream of etcd 3.4",
      '{"error":{"grpc_code":14,"http_code":503,"message":"no lease"}}',
      Code.Unavailable,
    ],
    ["in a stream of etcd 3.5", '{"error":{"code":14,"message":"no lease"}}', Code.Unavailable],
    ["with a code that nobody knows", '{"code":99,"message":"no lease"}', Code.Unavailable],
  ])("%s", (_name, text, code) => {
    expect(failure(text)).toMatchObject({
      code,
      reason: "RESOLVER_FAILED",
      rawMessage: "etcd at http://e:2379: /v3/kv/put: no lease",
    });
  });

  test("is not there when the answer is none", () => {
    expect(failure('{"header":{"revision":"4"},"succeeded":true}')).toBeUndefined();
    expect(failure('{"result":{"created":true}}')).toBeUndefined();
  });
});

test("an error of Node's without a message is named by its code", () => {
  const error = Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" });
  expect(unreachable(place, error).rawMessage).toBe("etcd at http://e:2379: /v3/kv/put: ECONNREFUSED");
});

test("what is no object of JSON is none", () => {
  expect(["", "7", "[]", "null", "<html>", '{"a":'].map(parseJson)).toEqual(Array(6).fill(undefined));
  expect(objectOf({ a: [1] }, "a")).toBeUndefined();
});

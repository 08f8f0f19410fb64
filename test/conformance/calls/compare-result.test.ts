import { expect, test } from "vitest";
import { CallResult } from "../../gen/heliograph/conformance/v1/runner.js";
import {
  ConformanceRequest,
  type ConformanceResponse,
  RequestInfo,
} from "../../gen/heliograph/conformance/v1/service.js";
import type { Status } from "../../gen/heliograph/wire/v1/wire.js";
import { differences } from "./compare-result.js";
import { allCases } from "./expand-cases.js";
import type { ExpectedResult } from "./expected-result.js";

const expectedOf = new Map(allCases().map(({ name, expected }) => [name, expected]));

function expected(name: string): ExpectedResult {
  const found = expectedOf.get(name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
}

/** What a client reports when all is as expected. */
function reported({ error, metadata, trailers, responses, unsentRequests }: ExpectedResult): CallResult {
  const result = CallResult.create({
    metadata: [...(metadata ?? [])],
    trailers: [...(trailers ?? [])],
    responses: responses.map((each) => ({ ...each, info: each.info && { ...each.info } })),
    unsentRequests: unsentRequests ?? 0,
  });
  const [code] = error?.codes ?? [];
  if (error === undefined || code === undefined) return result;
  const { message = "", reason = "", details = [], info, fromPeer = false, notProcessed = false } = error;
  const told =
    info === undefined ? [] : [{ type: RequestInfo.$type, value: RequestInfo.encode(info).finish() }];
  result.error = {
    status: { code, message, reason, details: [...details, ...told] },
    fromPeer,
    notProcessed,
  };
  return result;
}

const STREAM = "basic/bidi-full/success/protobuf";
const ERROR = "errors/unary/with-everything/protobuf";
const CANCEL = "client-cancellation/client-stream/after-close-send";
const DEADLINE = "deadline-propagation/unary/timeout";

function response(result: CallResult, index = 0): ConformanceResponse {
  const found = result.responses[index];
  if (found === undefined) throw new Error("there is no response");
  return found;
}

function info(result: CallResult, index = 0): RequestInfo {
  const { info: found } = response(result, index);
  if (found === undefined) throw new Error("there is no RequestInfo");
  return found;
}

function status(result: CallResult): Status {
  if (result.error?.status === undefined) throw new Error("there is no error");
  return result.error.status;
}

/** A case, what is done to its expected result, and the one difference that must be found. */
const changes: readonly (readonly [string, (result: CallResult) => void, RegExp])[] = [
  [STREAM, (result) => result.responses.pop(), /^number of responses: expected 2, got 1$/],
  [STREAM, (result) => result.responses.push(response(result)), /^number of responses: expected 2, got 3$/],
  [
    STREAM,
    (result) => {
      response(result).data = new Uint8Array([0xff]);
    },
    /^responses\[0\]\.data: expected "first", got "ÿ"$/,
  ],
  [
    STREAM,
    (result) => {
      response(result, 1).info = undefined;
    },
    /^responses\[1\]\.info: expected a RequestInfo, got undefined$/,
  ],
  [
    STREAM,
    (result) => {
      info(result).metadata = [];
    },
    /^responses\[0\]\.info\.metadata: expected \[x-conformance-test: "value"\], got \[\]$/,
  ],
  [
    STREAM,
    (result) => {
      info(result, 1).requests = [];
    },
    /^number of responses\[1\]\.info\.requests: expected 1, got 0$/,
  ],
  [
    STREAM,
    (result) => {
      info(result, 1).requests = [ConformanceRequest.create({ data: new Uint8Array([65]) })];
    },
    /^responses\[1\]\.info\.requests\[0\]: /,
  ],
  [
    STREAM,
    (result) => {
      info(result).timeoutMs = 5;
    },
    /^responses\[0\]\.info\.timeout_ms: expected undefined, got 5$/,
  ],
  [
    DEADLINE,
    (result) => {
      info(result).timeoutMs = 20_001;
    },
    /timeout_ms: expected 20000 or a little less, got 20001$/,
  ],
  [
    DEADLINE,
    (result) => {
      info(result).timeoutMs = undefined;
    },
    /timeout_ms: expected 20000, got undefined$/,
  ],
  [STREAM, (result) => result.metadata.pop(), /^metadata: expected \[x-custom-header: "foo"\], got \[\]$/],
  [STREAM, (result) => result.trailers.push(...result.metadata), /^trailers: /],
  [STREAM, (result) => result.feedback.push("two ends"), /^the client says: two ends$/],
  [
    STREAM,
    (result) => {
      result.error = reported(expected(ERROR)).error;
    },
    /^error: expected none, got FAILED_PRECONDITION NOT_YET "the call failed"$/,
  ],
  [
    ERROR,
    (result) => {
      result.error = undefined;
    },
    /^error: expected FAILED_PRECONDITION, got none$/,
  ],
  [
    ERROR,
    (result) => {
      status(result).code = 13;
    },
    /^error: expected FAILED_PRECONDITION, got INTERNAL NOT_YET "the call failed"$/,
  ],
  [
    ERROR,
    (result) => {
      status(result).message = "";
    },
    /^error\.message: expected the call failed, got $/,
  ],
  [
    ERROR,
    (result) => {
      status(result).reason = "";
    },
    /^error\.reason: expected NOT_YET, got $/,
  ],
  [ERROR, (result) => status(result).details.shift(), /^error\.details: /],
  [ERROR, (result) => status(result).details.pop(), /^type of the last detail: /],
  [
    ERROR,
    (result) => {
      if (result.error !== undefined) result.error.fromPeer = false;
    },
    /^error\.from_peer: expected true, got false$/,
  ],
  [
    ERROR,
    (result) => {
      if (result.error !== undefined) result.error.notProcessed = true;
    },
    /^error\.not_processed: expected false, got true$/,
  ],
  [
    CANCEL,
    (result) => {
      result.unsentRequests = 1;
    },
    /^unsent_requests: expected 0, got 1$/,
  ],
];

test("the expected result of every case has no differences from itself", () => {
  const different = [...expectedOf].filter(([, each]) => differences(each, reported(each)).length > 0);
  expect(different.map(([name]) => name)).toEqual([]);
});

test.each(changes)("in %s a difference is found, and told: %3$s", (name, change, difference) => {
  const result = reported(expected(name));
  change(result);
  const found = differences(expected(name), result);
  expect(found).toContainEqual(expect.stringMatching(difference));
});

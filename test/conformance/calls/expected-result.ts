import type { ClientCase } from "../../gen/heliograph/conformance/v1/runner.js";
import {
  type ConformanceRequest,
  ConformanceResponse,
  RequestInfo,
  type ResponseDefinition,
} from "../../gen/heliograph/conformance/v1/service.js";
import type { Code, MetadataEntry, Status } from "../../gen/heliograph/wire/v1/wire.js";
import type { ExpectValue, Kind } from "./case-file.js";
import { bytesOf, codeOf, metadataOf } from "./case-values.js";

/** What a case must end with. What is undefined is not looked at. */
export interface ExpectedResult {
  readonly metadata: readonly MetadataEntry[] | undefined;
  readonly responses: readonly ConformanceResponse[];
  readonly error: ExpectedError | undefined;
  readonly trailers: readonly MetadataEntry[] | undefined;
  readonly unsentRequests: number | undefined;
}

/** How a call must fail. */
export interface ExpectedError {
  /** One of these. */
  readonly codes: readonly Code[];
  readonly message: string | undefined;
  readonly reason: string | undefined;
  readonly fromPeer: boolean | undefined;
  readonly notProcessed: boolean | undefined;
  readonly details: Status["details"] | undefined;
  /** What the last of the details says of the request. */
  readonly info: RequestInfo | undefined;
}

/**
 * What follows from the requests of a case by the rules of `ConformanceService`; or, where `expect` says something of
 * the end, what it says: metadata and trailers are not looked at then, unless it gives them.
 */
export function expectedResult(
  kind: Kind,
  call: ClientCase,
  expect: ExpectValue | undefined,
): ExpectedResult {
  const ruled = byTheRules(kind, call);
  if (expect === undefined) return ruled;
  return {
    metadata: expect.metadata && metadataOf(expect.metadata),
    responses: expectedResponses(ruled.responses, expect),
    error: expect.codes && {
      codes: expect.codes.map(codeOf),
      message: undefined,
      reason: expect.reason,
      fromPeer: expect.from === undefined ? undefined : expect.from === "peer",
      notProcessed: expect.notProcessed,
      details: undefined,
      info: undefined,
    },
    trailers: expect.trailers && metadataOf(expect.trailers),
    unsentRequests: expect.unsentRequests,
  };
}

function expectedResponses(
  ruled: readonly ConformanceResponse[],
  { responses, codes }: ExpectValue,
): readonly ConformanceResponse[] {
  if (responses === undefined) return codes === undefined ? ruled : [];
  if (typeof responses === "number") return ruled.slice(0, responses);
  return responses.map((data) => ConformanceResponse.create({ data: bytesOf(data) }));
}

function byTheRules(kind: Kind, call: ClientCase): ExpectedResult {
  const definition = call.requests[0]?.definition;
  const responses = responsesTo(kind, call, definition);
  return {
    metadata: definition?.metadata ?? [],
    responses,
    error: definition?.error && ruledError(kind, call, definition, definition.error, responses.length),
    trailers: definition?.trailers ?? [],
    unsentRequests: undefined,
  };
}

function responsesTo(
  kind: Kind,
  call: ClientCase,
  definition: ResponseDefinition | undefined,
): ConformanceResponse[] {
  const withInfo = definition?.withoutInfo !== true;
  const single = kind === "unary" || kind === "idempotent-unary" || kind === "client-stream";
  if (single && definition?.error !== undefined) return [];
  const data = single ? [definition?.data[0] ?? new Uint8Array()] : (definition?.data ?? []);
  return data.map((each, index) => ({
    data: each,
    info: withInfo ? infoOf(kind, call, index) : undefined,
  }));
}

/** What the response of this index says of the request. */
function infoOf(kind: Kind, call: ClientCase, index: number): RequestInfo | undefined {
  const requests = kind === "bidi-full" ? call.requests.slice(index, index + 1) : call.requests;
  if (index === 0) return wholeInfo(call, requests);
  return kind === "bidi-full" && requests.length > 0 ? RequestInfo.create({ requests }) : undefined;
}

function wholeInfo(call: ClientCase, requests: readonly ConformanceRequest[]): RequestInfo {
  return { metadata: call.metadata, timeoutMs: call.timeoutMs, requests: [...requests] };
}

function ruledError(
  kind: Kind,
  call: ClientCase,
  definition: ResponseDefinition,
  error: Status,
  responses: number,
): ExpectedError {
  const told = responses === 0 && !definition.withoutInfo;
  // With a full duplex the first request that there is no response for gets the error.
  const read = kind === "bidi-full" ? call.requests.slice(0, 1) : call.requests;
  return {
    codes: [error.code],
    message: error.message,
    reason: error.reason,
    fromPeer: true,
    notProcessed: false,
    details: error.details,
    info: told ? wholeInfo(call, read) : undefined,
  };
}

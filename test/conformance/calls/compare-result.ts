import { Buffer } from "node:buffer";
import { codeName } from "../../../src/index.js";
import type { CallError, CallResult } from "../../gen/heliograph/conformance/v1/runner.js";
import {
  ConformanceRequest,
  type ConformanceResponse,
  RequestInfo,
} from "../../gen/heliograph/conformance/v1/service.js";
import type { MetadataEntry, Status } from "../../gen/heliograph/wire/v1/wire.js";
import type { ExpectedError, ExpectedResult } from "./expected-result.js";

/** A server may see so much less than the caller's timeout, in milliseconds: it was under way. */
const UNDER_WAY_MS = 5_000;
const SHOWN_BYTES = 60;

/** What is not as expected: a line for each difference; none when the case has passed. */
export function differences(expected: ExpectedResult, actual: CallResult): string[] {
  const found = new Differences();
  found.error(expected.error, actual.error);
  found.metadata("metadata", expected.metadata, actual.metadata);
  found.metadata("trailers", expected.trailers, actual.trailers);
  found.responses(expected.responses, actual.responses);
  if (expected.unsentRequests !== undefined) {
    found.value("unsent_requests", expected.unsentRequests, actual.unsentRequests);
  }
  for (const text of actual.feedback) found.lines.push(`the client says: ${text}`);
  return found.lines;
}

class Differences {
  readonly lines: string[] = [];

  value(what: string, expected: unknown, actual: unknown): void {
    if (expected !== actual) this.lines.push(`${what}: expected ${String(expected)}, got ${String(actual)}`);
  }

  bytes(what: string, expected: Uint8Array, actual: Uint8Array): void {
    if (Buffer.compare(expected, actual) !== 0) this.value(what, shownBytes(expected), shownBytes(actual));
  }

  error(expected: ExpectedError | undefined, actual: CallError | undefined): void {
    const status = actual?.status;
    if (expected === undefined || status === undefined) {
      if (expected !== undefined) this.value("error", expected.codes.map(codeName).join(" or "), "none");
      if (status !== undefined) this.value("error", "none", shownStatus(status));
      return;
    }
    if (!expected.codes.includes(status.code))
      this.value("error", expected.codes.map(codeName).join(" or "), shownStatus(status));
    this.known("error.message", expected.message, status.message);
    this.known("error.reason", expected.reason, status.reason);
    this.known("error.from_peer", expected.fromPeer, actual?.fromPeer);
    this.known("error.not_processed", expected.notProcessed, actual?.notProcessed);
    if (expected.details !== undefined) this.details(expected.details, expected.info, status.details);
  }

  metadata(
    what: string,
    expected: readonly MetadataEntry[] | undefined,
    actual: readonly MetadataEntry[],
  ): void {
    if (expected !== undefined) this.value(what, shownMetadata(expected), shownMetadata(actual));
  }

  responses(expected: readonly ConformanceResponse[], actual: readonly ConformanceResponse[]): void {
    this.value("number of responses", expected.length, actual.length);
    for (const [index, response] of expected.entries()) {
      const other = actual[index];
      if (other === undefined) return;
      this.bytes(`responses[${index}].data`, response.data, other.data);
      this.info(`responses[${index}].info`, response.info, other.info);
    }
  }

  /** As `value`, unless anything will do. */
  private known(what: string, expected: unknown, actual: unknown): void {
    if (expected !== undefined) this.value(what, expected, actual);
  }

  private details(
    expected: Status["details"],
    info: RequestInfo | undefined,
    actual: Status["details"],
  ): void {
    const told = info === undefined ? [] : actual.slice(expected.length);
    const others = info === undefined ? actual : actual.slice(0, expected.length);
    this.value("error.details", expected.map(shownDetail).join(", "), others.map(shownDetail).join(", "));
    if (info === undefined) return;
    this.value("type of the last detail", RequestInfo.$type, told.map(({ type }) => type).join(", "));
    const [detail] = told;
    if (detail?.type === RequestInfo.$type)
      this.info("RequestInfo of the error", info, RequestInfo.decode(detail.value));
  }

  private info(what: string, expected: RequestInfo | undefined, actual: RequestInfo | undefined): void {
    if (expected === undefined || actual === undefined) {
      this.value(what, expected && "a RequestInfo", actual && "a RequestInfo");
      return;
    }
    this.metadata(`${what}.metadata`, expected.metadata, actual.metadata);
    this.timeout(`${what}.timeout_ms`, expected.timeoutMs, actual.timeoutMs);
    this.value(`number of ${what}.requests`, expected.requests.length, actual.requests.length);
    for (const [index, request] of expected.requests.entries()) {
      const other = actual.requests[index];
      if (other === undefined) return;
      const encoded = (message: ConformanceRequest) => ConformanceRequest.encode(message).finish();
      this.bytes(`${what}.requests[${index}]`, encoded(request), encoded(other));
    }
  }

  private timeout(what: string, expected: number | undefined, actual: number | undefined): void {
    if (expected === undefined || actual === undefined) this.value(what, expected, actual);
    else if (actual > expected || actual < expected - UNDER_WAY_MS)
      this.value(what, `${expected} or a little less`, actual);
  }
}

function shownStatus({ code, message, reason }: Status): string {
  return `${codeName(code)} ${reason} ${JSON.stringify(message)}`;
}

function shownDetail({ type, value }: Status["details"][number]): string {
  return `${type}(${shownBytes(value)})`;
}

function shownMetadata(entries: readonly MetadataEntry[]): string {
  return `[${entries.map(({ key, value }) => `${key}: ${shownBytes(value)}`).join(", ")}]`;
}

function shownBytes(bytes: Uint8Array): string {
  const { length } = bytes;
  const shown = JSON.stringify(Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("latin1"));
  return length > SHOWN_BYTES ? `${shown}… (${length} bytes)` : shown;
}

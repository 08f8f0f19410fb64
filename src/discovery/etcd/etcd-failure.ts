import { Code, codeName, isCode } from "../../core/code.js";
import { HeliographError, messageOf } from "../../core/error.js";
import { type Json, numberOf, objectOf, textOf } from "./etcd-json.js";

/** Where a request went. */
export interface EtcdPlace {
  readonly endpoint: string;
  readonly path: string;
}

/** The request got no answer. */
export function unreachable(place: EtcdPlace, cause: unknown): HeliographError {
  const text = messageOf(cause) || codeOf(cause);
  return failure(Code.Unavailable, place, text, cause);
}

/** The request got no answer in time. */
export function tooSlow(place: EtcdPlace, ms: number): HeliographError {
  return failure(Code.DeadlineExceeded, place, `no answer within ${ms} ms`);
}

/** What answered is not etcd, or an etcd that doesn't speak JSON. */
export function notEtcd(place: EtcdPlace, status: number): HeliographError {
  const text = `the answer, of status ${status}, is not etcd's; it must be etcd 3.4 or newer, with its gRPC gateway on`;
  return failure(Code.Unimplemented, place, text);
}

/** The error that an answer is, or that a line of a stream holds; undefined when it is none. */
export function failureIn(place: EtcdPlace, answer: Json): HeliographError | undefined {
  // A plain answer holds its error at the top, a stream below `error`; etcd 3.4 names the code `grpc_code` there.
  const error = objectOf(answer, "error") ?? answer;
  const code = numberOf(error, "code") || numberOf(error, "grpc_code");
  const text = textOf(error, "message");
  if (code === 0 && text === "") return undefined;
  return failure(isCode(code) ? code : Code.Unavailable, place, text || codeName(code));
}

/** Whether another endpoint of the cluster may do better. */
export function isOfEndpoint({ code }: HeliographError): boolean {
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Unimplemented;
}

/** Whether a new token may help: it has expired, etcd has forgotten it, or users were changed. */
export function isOfToken({ code }: HeliographError): boolean {
  return code === Code.Unauthenticated || code === Code.InvalidArgument || code === Code.PermissionDenied;
}

export function failure(code: Code, place: EtcdPlace, text: string, cause?: unknown): HeliographError {
  const { endpoint, path } = place;
  return new HeliographError(code, `etcd at ${endpoint}: ${path}: ${text}`, {
    reason: "RESOLVER_FAILED",
    cause,
  });
}

/** Of errors of Node's, such as ECONNREFUSED: those of several addresses at once have no message. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "no connection";
}

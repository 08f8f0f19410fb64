/**
 * What became of a call: gRPC's sixteen codes, with gRPC's numbers and meanings.
 * The library itself sends only Cancelled, Unknown (a handler threw), DeadlineExceeded, ResourceExhausted,
 * Unimplemented, Internal, Unavailable and Unauthenticated. On its own side it also throws InvalidArgument, for what it
 * can't use, and FailedPrecondition, for a node that was closed. The others are the application's.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */
export const Code = {
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** One of the sixteen codes. */
export type Code = (typeof Code)[keyof typeof Code];

const names: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** The code as the wire, the logs and every language write it, such as `NOT_FOUND`. */
export function codeName(code: number): string {
  return names[code] ?? `CODE_${code}`;
}

/** True for one of the sixteen codes; OK (0) is not among them. */
export function isCode(code: number): code is Code {
  return Number.isInteger(code) && code >= 1 && code <= 16;
}

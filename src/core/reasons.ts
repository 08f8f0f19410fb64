/**
 * The reasons that the kit itself gives. Each has a line in docs/errors.md; a test holds the two together.
 */
export const reasons = [
  "BAD_OPTION",
  "BAD_METADATA",
  "CALL_CANCELLED",
  "CALL_TIMED_OUT",
  "CIRCUIT_OPEN",
  "CODEC_UNSUPPORTED",
  "CONNECTION_CLOSED",
  "CONNECTION_LOST",
  "CONNECT_TIMED_OUT",
  "DEADLINE_TOO_LONG",
  "DRAINING",
  "ENDPOINT_TAKEN",
  "HANDLER_FAILED",
  "HANDSHAKE_FAILED",
  "IDEMPOTENCY_CONFLICT",
  "MALFORMED_MESSAGE",
  "MALFORMED_PACKET",
  "MESSAGE_TOO_LARGE",
  "INSTANCE_GONE",
  "METHOD_UNKNOWN",
  "NO_INSTANCE",
  "PEER_GONE",
  "PEER_STALLED",
  "PROTOCOL_VIOLATION",
  "QUEUE_FULL",
  "RATE_LIMITED",
  "RESOLVER_FAILED",
  "SCHEMA_INCOMPATIBLE",
  "SCHEMA_UNREADABLE",
  "STREAM_GONE",
  "STREAM_TIMED_OUT",
  "TOO_MANY_CALLS",
  "UNSERVED_KIND",
  "VERSION_UNSUPPORTED",
  "WRONG_INSTANCE",
] as const;

/** One of the kit's own reasons; applications have theirs. */
export type Reason = (typeof reasons)[number];

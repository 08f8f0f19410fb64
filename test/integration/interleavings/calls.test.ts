import { testInterleavings } from "./interleavings.js";

testInterleavings("calls with one request and one answer", {
  runs: 1_500,
  soakRuns: 100_000,
  kinds: ["call"],
  retries: false,
  breaks: false,
  sees: [
    "answered",
    "CALL_CANCELLED",
    "CALL_TIMED_OUT",
    "CONNECTION_CLOSED",
    "CONNECTION_LOST",
    "DRAINING",
    "HANDLER_FAILED",
    "NO_INSTANCE",
    "a payload in chunks",
    "window full of bytes",
    "window full of packets",
  ],
});

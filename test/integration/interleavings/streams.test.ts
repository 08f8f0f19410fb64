import { testInterleavings } from "./interleavings.js";

testInterleavings("calls with streams", {
  runs: 2_000,
  soakRuns: 200_000,
  kinds: ["call", "count", "sum", "chat"],
  retries: false,
  breaks: false,
  sees: [
    "answered",
    "left",
    "CALL_CANCELLED",
    "CALL_TIMED_OUT",
    "CONNECTION_CLOSED",
    "CONNECTION_LOST",
    "DRAINING",
    "HANDLER_FAILED",
    "NO_INSTANCE",
    "a payload in chunks",
    "credit for bytes used up",
    "credit for messages used up",
    "window full of bytes",
    "window full of packets",
  ],
});

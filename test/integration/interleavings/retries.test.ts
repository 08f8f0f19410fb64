import { testInterleavings } from "./interleavings.js";

testInterleavings("calls that are made again when they fail", {
  runs: 1_500,
  soakRuns: 100_000,
  kinds: ["call", "count", "sum", "chat"],
  retries: true,
  breaks: true,
  sees: ["answered", "left", "CALL_CANCELLED", "CONNECTION_LOST", "DRAINING", "made again", "handled again"],
});

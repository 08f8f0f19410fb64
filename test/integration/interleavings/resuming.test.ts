import { testInterleavings } from "./interleavings.js";

testInterleavings("streams that resume", {
  runs: 1_500,
  soakRuns: 100_000,
  kinds: ["watch", "watchclosely", "call"],
  retries: false,
  breaks: true,
  sees: ["answered", "left", "CALL_CANCELLED", "CONNECTION_LOST", "resumed"],
});

import { answer, fail } from "../driver/lines.js";
import { BenchService } from "../gen/heliograph/bench/v1/bench_heliograph.js";
import { simulate } from "./simulation.js";

/** Answers with what a network of so many nodes took as its last argument says. */
try {
  answer(await simulate(Number(process.argv.at(-1)), BenchService));
  // Thousands of nodes need not be closed one by one.
  process.exit(0);
} catch (error) {
  fail(error);
}

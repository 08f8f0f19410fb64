import { parseArguments, UsageError } from "./runner/arguments.js";
import { perform } from "./runner/perform.js";

// So that what was made for the run alone is taken away; the measured programs end by themselves.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

try {
  process.exitCode = await perform(parseArguments(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`bench: ${error.message} (npm run bench -- --help)\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

import { parseArguments, UsageError } from "./runner/arguments.js";
import { perform } from "./runner/perform.js";

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

/** `npx tsx test/conformance/calls/main.ts`: runs the conformance cases between two programs. See docs/spec/conformance.md. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allCases } from "./expand-cases.js";
import { type KnownFailures, readKnownFailures } from "./known-failures.js";
import { reportOf, textOf } from "./report.js";
import { HANDLERS_END, runCases } from "./runner.js";
import { typescriptClient, typescriptServer } from "./testees/commands.js";

const HELP = `Runs the conformance cases of calls between a client program and a server program.

  npx tsx test/conformance/calls/main.ts [options]

  --client COMMAND   the client program and its arguments, separated by spaces (default: the TypeScript one)
  --server COMMAND   the server program, likewise
  --pair NAME        whose known failures these are, such as typescript-python (default: typescript-typescript)
  --known FILE       known failures, as JSON: { "PAIR": { "case": "reason" } } (default: known-failures.json beside this)
  --only PATTERN     only cases whose name matches this regular expression
  --timeout MS       how long a program may take for one case (default: 15000)
  --list             print the names of the cases, and run nothing
  --json             print the report as JSON
  --help             print this

Examples
  npx tsx test/conformance/calls/main.ts
  npx tsx test/conformance/calls/main.ts --only '^errors/unary/'
  npx tsx test/conformance/calls/main.ts --server "python3 conformance_server.py" --pair typescript-python

The exit code is 0 when every case passed or is a known failure that failed, 1 when not, 2 for a wrong argument.`;

const options = {
  client: { type: "string" },
  server: { type: "string" },
  pair: { type: "string", default: "typescript-typescript" },
  known: { type: "string", default: fileURLToPath(new URL("./known-failures.json", import.meta.url)) },
  only: { type: "string", default: "" },
  timeout: { type: "string", default: "15000" },
  list: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** What the arguments say; ends the process with an explanation when they can't be used. */
function readArguments() {
  try {
    const { values } = parseArgs({ options });
    const timeoutMs = Number(values.timeout);
    if (!(timeoutMs > 0))
      throw new Error(`--timeout must be a number of milliseconds, got ${values.timeout}`);
    const known: KnownFailures = readKnownFailures(values.known, values.pair);
    return { ...values, timeoutMs, known, pattern: new RegExp(values.only) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

const given = readArguments();
const all = allCases();
const cases = all.filter(({ name }) => given.pattern.test(name));

if (given.help) console.log(HELP);
else if (given.list) for (const { name } of cases) console.log(name);
else if (cases.length === 0) {
  console.error(`no case matches ${given.only}; --list prints their names`);
  process.exitCode = 2;
} else {
  const outcomes = await runCases({
    client: given.client?.split(" ") ?? typescriptClient,
    server: given.server?.split(" ") ?? typescriptServer,
    cases,
    known: given.known,
    timeoutMs: given.timeoutMs,
  });
  const report = reportOf(outcomes, given.known, new Set([...all.map(({ name }) => name), HANDLERS_END]));
  console.log(given.json ? JSON.stringify(report, undefined, 2) : textOf(report));
  if (!report.ok) process.exitCode = 1;
}

import { Command } from "commander";
import { type ConnectFlags, connectOptions } from "./connect-options.js";
import type { Finding } from "./doctor/facts.js";
import { Failure } from "./failure.js";
import type { Colours } from "./output/colours.js";
import { printable } from "./output/printable.js";
import type { Terminal } from "./output/terminal.js";
import { counted } from "./output/units.js";
import { withLookup } from "./with-lookup.js";

interface DoctorFlags extends ConnectFlags {
  readonly json?: boolean;
}

const examples = `
Examples:
  helio doctor                                      all that can be seen from here
  helio doctor --registry tcp://10.0.0.7:7700 --remote
  helio doctor --endpoint tcp://127.0.0.1:5555      one node, without a registry
  helio doctor --json                               for a program

Each line is ok, warn or fail; below it is what to do. The exit code is 1 when something fails.`;

/** `helio doctor`: what is wrong, and what to do. */
export function doctorCommand(terminal: Terminal): Command {
  const command = new Command("doctor")
    .summary("find what is wrong, and what to do")
    .description(
      "Look at registries, nodes, endpoints, versions, schemas, clocks and security; say what is wrong, and what to do.",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action((flags: DoctorFlags) => doctor(flags, terminal));
  return connectOptions(command);
}

async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<void> {
  await withLookup(flags, terminal, async (lookup) => {
    const [{ examine }, { diagnose }] = await Promise.all([
      import("./doctor/examine.js"),
      import("./doctor/checks.js"),
    ]);
    const { silent, ...listing } = await lookup.survey();
    const unanswered = silent.map(
      (text): Finding => ({
        check: "node",
        level: "fail",
        text,
        advice: "start it, or correct the endpoint",
      }),
    );
    const findings = [...unanswered, ...diagnose(await examine(listing, lookup, terminal.env))];
    const failed = findings.some(({ level }) => level === "fail");
    if (flags.json) terminal.json({ healthy: !failed, findings });
    else for (const line of report(findings, terminal.colours)) terminal.print(line);
    if (failed) throw new Failure([]);
  });
}

/** A line for each finding, what to do below it, and how many there are of each level. */
function report(findings: readonly Finding[], colours: Colours): string[] {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const paint = { ok: colours.green, warn: colours.yellow, fail: colours.red };
  const lines = findings.flatMap(({ check, level, text, advice }) => {
    const line = `${paint[level](level.padEnd(4))}  ${check.padEnd(width)}  ${printable(text)}`;
    return advice === undefined
      ? [line]
      : [line, `${" ".repeat(width + 8)}${colours.dim(`→ ${printable(advice)}`)}`];
  });
  const of = (level: Finding["level"]) => findings.filter((each) => each.level === level).length;
  return [
    ...lines,
    "",
    `${of("ok")} ok, ${counted(of("warn"), "warning")}, ${counted(of("fail"), "failure")}`,
  ];
}

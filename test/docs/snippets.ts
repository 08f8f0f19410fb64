import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type CommandLine, runTool } from "../../src/cli/tools.js";
import * as heliograph from "../../src/index.js";
import type { Block } from "./markdown.js";
import { type Project, repository } from "./project.js";

const GENERATED: Readonly<Record<string, string>> = {
  BakeryService: "bakery_heliograph",
  CounterService: "counter_heliograph",
  GreeterService: "greeter_heliograph",
  GreetRequest: "greeter",
  GreetResponse: "greeter",
  MachineService: "machine_heliograph",
  ThermometerService: "thermometer_heliograph",
  UnknownCake: "bakery",
};
const TYPES = ["Interceptor", "Node"];
const END = "--- end of a snippet ---";

/** A block of TypeScript that is no whole file; what it names without making it follows `with`. */
export function isSnippet({ language, info }: Block): boolean {
  return language === "ts" && (info === "" || info.startsWith("with "));
}

export async function writeSnippets(
  project: Project,
  page: string,
  snippets: readonly Block[],
): Promise<void> {
  const prefix = prefixOf(page);
  for (const [index, snippet] of snippets.entries()) {
    await project.write(`src/${prefix}-${index}.ts`, moduleOf(snippet));
  }
  const all = snippets.map((_, index) => `await import("./${prefix}-${index}.js");\nconsole.log("${END}");`);
  await project.write(`src/${prefix}.ts`, `${all.join("\n")}\nexport {};\n`);
}

/** Compiles the snippets of all pages; gives what the compiler has against them. */
export async function compileSnippets(project: Project): Promise<string> {
  const tsc: CommandLine = [process.execPath, join(repository, "node_modules/typescript/bin/tsc")];
  return (await runTool([...tsc, "--noEmit", "false", "--rootDir", "src", "--outDir", "out"], project.folder))
    .stdout;
}

/** Runs the compiled snippets of a page in one process; gives what each printed. */
export async function runSnippets(
  project: Project,
  page: string,
): Promise<{ outputs: string[]; errors: string }> {
  const child = spawn(process.execPath, [`out/${prefixOf(page)}.js`], {
    cwd: project.folder,
    env: { ...process.env, HELIOGRAPH_REGISTRY: project.registry },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { outputs: output.split(`${END}\n`).slice(0, -1), errors };
}

/** Whole in names of files, so that the compiler's messages name the page; `docs/guide/calls.md` becomes `docs-guide-calls`. */
function prefixOf(page: string): string {
  return page.replace(/\.md$/, "").replaceAll("/", "-");
}

function moduleOf({ info, text }: Block): string {
  const names = info
    .replace(/^with /, "")
    .split(", ")
    .filter((name) => name !== "");
  const lines = text.split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const body = lines.filter((line) => !line.startsWith("import "));
  const given = names.filter((name) => importOf(name) === undefined);
  return [
    ...names.map(importOf),
    ...imports,
    `import { fixtures } from "./fixtures.js";`,
    "const given = await fixtures();",
    given.length > 0 ? `const { ${given.join(", ")} } = given;` : "",
    "{",
    ...body,
    "}",
    "await given.close();",
  ].join("\n");
}

function importOf(name: string): string | undefined {
  if (TYPES.includes(name)) return `import type { ${name} } from "heliograph";`;
  if (name in heliograph) return `import { ${name} } from "heliograph";`;
  const file = GENERATED[name];
  return file === undefined ? undefined : `import { ${name} } from "./gen/example/v1/${file}.js";`;
}

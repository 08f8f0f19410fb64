import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { Failure } from "./failure.js";
import { dependencyOnKit } from "./kit-dependency.js";
import { newProject } from "./new-project.js";
import { shown } from "./project.js";

const examples = `
Examples:
  helio init my-service      in a new folder
  helio init                 here`;

/** `helio init`: a new project that runs, with one service, its server and its client. */
export function initCommand(): Command {
  return new Command("init")
    .summary("make a new project that runs")
    .description("Make a new project that runs: a .proto file, a server and a client.")
    .argument("[dir]", "where", ".")
    .option("--verbose", "show more when something fails")
    .addHelpText("after", examples)
    .action(init);
}

async function init(dir: string): Promise<void> {
  const root = resolve(process.cwd(), dir);
  const files = newProject(basename(root), await dependencyOnKit(root));
  const existing = [...files.keys()].filter((path) => existsSync(join(root, path)));
  if (existing.length > 0) {
    throw new Failure(
      `${existing.map((path) => shown(join(root, path))).join(", ")} would be overwritten; choose another folder: helio init <dir>`,
    );
  }
  for (const [path, content] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    // Refuses, too, what came into being since the look above.
    await writeFile(join(root, path), content, { flag: "wx" });
  }
  const enter = root === process.cwd() ? "" : `  cd ${quoted(shown(root))}\n`;
  const where = root === process.cwd() ? "this folder" : shown(root);
  process.stdout.write(`Made ${files.size} files in ${where}. Next:

${enter}  npm install
  npm run generate
  npm run server
  npm run client      # in another terminal
`);
}

function quoted(path: string): string {
  return /^[\w./@-]+$/.test(path) ? path : JSON.stringify(path);
}

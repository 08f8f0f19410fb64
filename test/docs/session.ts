import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Step } from "./markdown.js";
import { type Project, repository } from "./project.js";

const python = join(repository, ".cache/python/bin/python");

/** The environment that `npm test` makes. */
export const hasPython = existsSync(python);

/** What the pages' commands stand for here: the tools of this checkout, and nothing is downloaded. */
const PRELUDE = `
npm() {
  if [ "$1" != install ]; then echo "npm $1 is not known to the test" >&2; return 1; fi
  [ -e node_modules ] || ln -s ../node_modules node_modules
}
pip() { :; }
npx() {
  local tool=$1; shift
  case $tool in
    tsx) exec "$NODE" --import tsx "$@" ;;
    helio) exec "$NODE" node_modules/heliograph/dist/cli/main.js "$@" ;;
    *) echo "npx $tool is not known to the test" >&2; return 1 ;;
  esac
}
python3() { exec "$PYTHON" "$@"; }
`;

export interface Outcome {
  readonly output: string;
  readonly errors: string;
  readonly code: number | null;
}

/** Runs the commands of one console block, one after the other, in the project's folder. */
export class Session implements AsyncDisposable {
  private readonly project: Project;
  private readonly background: ChildProcess[] = [];
  private folder: string;

  constructor(project: Project) {
    this.project = project;
    this.folder = project.folder;
  }

  /** What the command printed: all of it, or as many lines as are shown of one that goes on. */
  async run(step: Step): Promise<Outcome> {
    if (step.command.startsWith("cd ")) {
      this.folder = join(this.folder, step.command.slice(3));
      return { output: "", errors: "", code: 0 };
    }
    const child = this.start(step.command);
    const errors = text(child.stderr);
    if (!step.background) {
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
      return { output: this.project.shown(output).trimEnd(), errors: await errors, code };
    }
    this.background.push(child);
    const lines: string[] = [];
    const wanted = step.output.split("\n").length;
    for await (const line of createInterface({ input: child.stdout })) {
      if (lines.push(line) === wanted) break;
    }
    const failed = child.exitCode !== null && child.exitCode !== 0;
    return {
      output: this.project.shown(lines.join("\n")),
      errors: failed ? await errors : "",
      code: child.exitCode ?? 0,
    };
  }

  /** Ends what runs in the background; gives the exit codes. */
  async end(): Promise<(number | null)[]> {
    return Promise.all(
      this.background.splice(0).map(async (child) => {
        if (child.exitCode !== null) return child.exitCode;
        child.kill("SIGTERM");
        const [code] = await once(child, "exit");
        return code;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.background) child.kill("SIGKILL");
  }

  private start(command: string) {
    const script = `${PRELUDE}\n${this.project.local(command)}`;
    const { registry } = this.project;
    const env = {
      ...process.env,
      NODE: process.execPath,
      PYTHON: python,
      PYTHONUTF8: "1",
      HELIOGRAPH_REGISTRY: registry,
    };
    return spawn("bash", ["-c", script], { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  }
}

import { spawn } from "node:child_process";
import { progress } from "./output.js";

/** How and where a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and gives what it said. Rejects with that, when its status is not 0. */
export async function run(
  executable: string,
  args: readonly string[],
  { cwd = process.cwd(), timeoutMs = 600_000, env = {} }: CommandOptions = {},
): Promise<string> {
  const child = spawn(executable, args, {
    cwd,
    timeout: timeoutMs,
    // `npm run --silent` would silence the npm that is run here, too, and hide why it failed.
    env: { ...process.env, npm_config_loglevel: "error", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, signal) =>
      resolve(status === 0 ? undefined : `ended with ${signal ?? `status ${status}`}`),
    );
  });
  if (code !== undefined) {
    throw new Error(`${[executable, ...args].join(" ")} ${code}${said === "" ? "" : `\n${said.trimEnd()}`}`);
  }
  return said;
}

/** Runs a command of the set-up, and says so. */
export async function step(
  what: string,
  executable: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  progress(`set-up: ${what}`);
  return await run(executable, args, options);
}

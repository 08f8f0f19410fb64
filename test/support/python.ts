import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interpreter } from "../../scripts/python.mjs";
import { root, run } from "../../scripts/run.mjs";

/** What a Python program needs to speak the protocol. */
export interface PythonTools extends AsyncDisposable {
  /** Python with pyzmq and protobuf. */
  readonly interpreter: string;
  /** File with the FileDescriptorSet of all .proto files of the project and its tests. */
  readonly descriptors: string;
}

/** @throws Error that says what to install */
export async function pythonTools(): Promise<PythonTools> {
  requirePython();
  const folder = await mkdtemp(join(tmpdir(), "heliograph-"));
  const descriptors = join(folder, "descriptors.binpb");
  const buf = join(root, "node_modules", "@bufbuild", "buf", "bin", "buf");
  await run(process.execPath, [buf, "build", "--output", descriptors]);
  return {
    interpreter,
    descriptors,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function requirePython(): void {
  if (existsSync(interpreter)) return;
  throw new Error(
    `There is no ${interpreter}. "npm test" makes it, where there is Python 3 with its venv module ` +
      "(on Debian: apt-get install python3-venv).",
  );
}

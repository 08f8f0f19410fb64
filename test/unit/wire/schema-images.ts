import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CommandLine, findTools, runTool } from "../../../src/cli/tools.js";
import { repository, temporaryFolder } from "../../codegen/schemas.js";

/** Compiles `.proto` files, given as text by path, to one descriptor set; they can import the kit's options. */
export async function compileSet(sources: Readonly<Record<string, string>>): Promise<Uint8Array> {
  return await inFolders([sources], async (buf, folder, [only]) => {
    await mkdir(join(folder, "kit", "heliograph"), { recursive: true });
    await symlink(join(repository, "proto/heliograph/options"), join(folder, "kit/heliograph/options"));
    const modules = [{ path: `${only}` }, { path: "kit" }];
    await writeFile(join(folder, "buf.yaml"), JSON.stringify({ version: "v2", modules }));
    const image = join(folder, "image.binpb");
    const { code, stderr } = await runTool([...buf, "build", folder, "-o", image], folder);
    if (code !== 0) throw new Error(stderr);
    return await readFile(image);
  });
}

/** The paths of files in which `buf breaking` finds something, by the rules of one category. */
export async function bufBreaking(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  category: string,
): Promise<ReadonlySet<string>> {
  const config = JSON.stringify({ version: "v2", breaking: { use: [category] } });
  const configured = [before, after].map((sources) => ({ ...sources, "buf.yaml": config }));
  return await inFolders(configured, async (buf, folder, [older, newer]) => {
    const command = [
      ...buf,
      "breaking",
      `${newer}`,
      "--against",
      `${older}`,
      "--error-format",
      "json",
    ] as const;
    const { stdout, stderr } = await runTool(command, folder);
    if (stderr !== "") throw new Error(stderr);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return new Set(lines.map((line) => (JSON.parse(line) as { path: string }).path.replace(`${newer}/`, "")));
  });
}

async function inFolders<T>(
  sets: readonly Readonly<Record<string, string>>[],
  run: (buf: CommandLine, folder: string, names: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = await temporaryFolder();
  try {
    for (const [i, sources] of sets.entries()) {
      for (const [path, text] of Object.entries(sources)) {
        await mkdir(dirname(join(folder, `${i}`, path)), { recursive: true });
        await writeFile(join(folder, `${i}`, path), text);
      }
    }
    return await run(
      findTools(repository).buf,
      folder,
      sets.map((_, i) => `${i}`),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

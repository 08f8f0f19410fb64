import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import type { BufModule, BufModules } from "./buf-modules.js";
import { kitProto } from "./kit.js";

/** A passing workspace of buf: the project's modules, and the kit's options as one more that nobody has to copy. */
export interface BufWorkspace extends AsyncDisposable {
  /** What buf is given as its input. */
  readonly input: string;
  /** A folder for what is generated. */
  readonly scratch: string;
  /** Turns a path that buf reports into the project's own. */
  original(path: string): string;
}

/** Makes the workspace out of links, so that buf reads the project's files where they are. */
export async function makeWorkspace(
  root: string,
  { modules, deps, haveOptions }: BufModules,
): Promise<BufWorkspace> {
  const folder = await mkdtemp(join(tmpdir(), "heliograph-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const input = join(folder, "workspace");
    const scratch = join(folder, "scratch");
    await mkdir(input);
    await mkdir(scratch);
    const links = modules.map((module, index) => ({ module, name: `m${index}` }));
    for (const { module, name } of links) await symlink(module.path, join(input, name), "junction");
    const entries = links.map(({ module, name }) => moduleEntry(module, name));
    if (!haveOptions) {
      await mkdir(join(input, "kit", "heliograph"), { recursive: true });
      await symlink(
        join(kitProto, "heliograph", "options"),
        join(input, "kit", "heliograph", "options"),
        "junction",
      );
      entries.push({ path: "kit" });
    }
    // JSON is YAML.
    await writeFile(join(input, "buf.yaml"), JSON.stringify({ version: "v2", modules: entries, deps }));
    const lock = join(root, "buf.lock");
    if (existsSync(lock)) await copyFile(lock, join(input, "buf.lock"));
    return {
      input,
      scratch,
      original: (path) => originalPath(path, input, links),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function moduleEntry({ includes, excludes }: BufModule, name: string) {
  const inside = (list: readonly string[]) =>
    list.map((entry) => posix.join(name, entry.replaceAll("\\", "/")));
  return {
    path: name,
    ...(includes.length > 0 && { includes: inside(includes) }),
    ...(excludes.length > 0 && { excludes: inside(excludes) }),
  };
}

/** Errors of the compiler name a file in the workspace; those of a plugin, one below the root of its module. */
function originalPath(
  path: string,
  input: string,
  links: readonly { readonly module: BufModule; readonly name: string }[],
): string {
  for (const { module, name } of links) {
    const marker = `${join(input, name)}/`;
    const at = path.replaceAll("\\", "/").indexOf(marker.replaceAll("\\", "/"));
    if (at >= 0) return join(module.path, path.slice(at + marker.length));
  }
  const home = links.find(({ module }) => existsSync(join(module.path, path)));
  return home === undefined ? path : join(home.module.path, path);
}

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { runTool } from "../../src/cli/tools.js";
import { repository } from "./schemas.js";

interface Source {
  /** Brings the package into the package manager's own cache. */
  readonly get: readonly [string, ...string[]];
  /** The package's folder, found from what that command printed. */
  readonly folder: (printed: string) => Promise<string>;
  /** Where the `.proto` files lie in it, and where they belong. */
  readonly from: string;
  readonly to: string;
}

/** Public schemas of other projects. They are fetched from a registry, never committed. */
const sources = {
  "cri-api 0.34.1": {
    get: ["go", "mod", "download", "-json", "k8s.io/cri-api@v0.34.1"],
    folder: (printed) => Promise.resolve((JSON.parse(printed) as { Dir: string }).Dir),
    from: "pkg/apis/runtime/v1/api.proto",
    to: "k8s.io/cri-api/pkg/apis/runtime/v1/api.proto",
  },
  "temporal-api 0.10.2": {
    get: ["cargo", "info", "temporalio-protos@0.10.2", "--registry", "crates-io"],
    folder: () => cargoFolder("temporalio-protos-0.10.2"),
    from: "protos/api_upstream",
    to: ".",
  },
} as const satisfies Record<string, Source>;

export type RealSchema = keyof typeof sources;
export const realSchemas = Object.keys(sources) as RealSchema[];

/** The folder of a schema, or why there is none on this machine. */
export async function findRealSchema(name: RealSchema): Promise<{ proto: string } | { missing: string }> {
  const proto = join(repository, ".cache/schemas", name.replace(" ", "-"));
  if (existsSync(proto)) return { proto };
  const { get, folder, from, to } = sources[name];
  try {
    await mkdir(dirname(proto), { recursive: true });
    const { code, stdout, stderr } = await runTool(get, dirname(proto));
    if (code !== 0) return { missing: `${get.join(" ")} failed: ${stderr.trim().split("\n").at(-1)}` };
    const half = `${proto}.${process.pid}`;
    await cp(join(await folder(stdout), from), join(half, to), { recursive: true });
    await rename(half, proto);
    return { proto };
  } catch (error) {
    return {
      missing: `${get[0]} is needed to fetch it: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function cargoFolder(crate: string): Promise<string> {
  const { CARGO_HOME } = process.env;
  const registries = join(CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  for (const registry of await readdir(registries)) {
    if (existsSync(join(registries, registry, crate))) return join(registries, registry, crate);
  }
  throw new Error(`cargo has not unpacked ${crate}`);
}

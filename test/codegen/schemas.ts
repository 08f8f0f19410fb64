import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { findTools, runTool } from "../../src/cli/tools.js";
import { generate } from "../../src/codegen/plugin.js";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Compiled `.proto` files, ready for the plugin. */
export interface Compiled {
  /** What the plugin answers when asked for these files, all when none is named. */
  run(
    parameter: string,
    ...files: readonly string[]
  ): { readonly error: string; readonly files: Map<string, string> };
}

/** Compiles files given as text, by path; they can import the kit's options. One call of the compiler for all. */
export async function compile(sources: Readonly<Record<string, string>>): Promise<Compiled> {
  const folder = await temporaryFolder();
  try {
    for (const [path, text] of Object.entries(sources)) {
      await mkdir(dirname(join(folder, "proto", path)), { recursive: true });
      await writeFile(join(folder, "proto", path), text);
    }
    await mkdir(join(folder, "kit", "heliograph"), { recursive: true });
    await symlink(join(repository, "proto/heliograph/options"), join(folder, "kit/heliograph/options"));
    await writeFile(
      join(folder, "buf.yaml"),
      JSON.stringify({ version: "v2", modules: [{ path: "proto" }, { path: "kit" }] }),
    );
    const image = join(folder, "image.binpb");
    const { buf } = findTools(repository);
    const { code, stderr } = await runTool([...buf, "build", folder, "-o", image], folder);
    if (code !== 0) throw new Error(stderr);
    const { file } = fromBinary(FileDescriptorSetSchema, await readFile(image));
    return {
      run(parameter, ...files) {
        const fileToGenerate = files.length > 0 ? [...files] : Object.keys(sources);
        const needed = closure(fileToGenerate, file);
        const protoFile = file.filter(({ name }) => needed.has(name));
        return answer(create(CodeGeneratorRequestSchema, { fileToGenerate, parameter, protoFile }));
      },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A new folder with a space in its name, as users have them. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "heliograph test "));
}

/** As compilers do: the plugin sees what it is asked for and what that imports, nothing else. */
function closure(names: readonly string[], files: readonly FileDescriptorProto[]): Set<string> {
  const found = new Set(names);
  for (const name of found) {
    for (const used of files.find((file) => file.name === name)?.dependency ?? []) found.add(used);
  }
  return found;
}

function answer(request: CodeGeneratorRequest) {
  const { error, file } = generate(request);
  return { error, files: new Map(file.map(({ name, content }) => [name, content])) };
}

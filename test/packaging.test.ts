import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repository } from "./support/source-files.js";

const MINUTE = 60_000;
/** Above what a program may take, so that it is the program that is named. */
const LIMIT_MS = 2 * MINUTE;
/** What the package is made of: packing a copy disturbs nobody who uses `dist` meanwhile. */
const ingredients = [
  "package.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "proto",
  "scripts",
  "src",
  "test/support",
  "bench/main.ts",
];

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

let folder: string;
let project: string;
let packed: Packed;
let manifest: Manifest;

/** Runs a program to its end, which must be a good one; gives its standard output. */
function run(program: string, args: readonly string[], cwd: string, input?: Uint8Array): Buffer {
  const shell = process.platform === "win32" && program === "npm";
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, input, shell, timeout: MINUTE });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

function npm(args: readonly string[], cwd: string): Buffer {
  return run("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], cwd);
}

function node(script: string): string {
  return run(process.execPath, ["--input-type=module", "--eval", script], project).toString("utf8");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heliograph-pack-"));
  const source = join(folder, "source");
  for (const path of ingredients) await cp(join(repository, path), join(source, path), { recursive: true });
  await symlink(join(repository, "node_modules"), join(source, "node_modules"), "junction");
  manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as Manifest;
  const listing = npm(["pack", "--json", "--pack-destination", folder], source).toString("utf8");
  [packed] = JSON.parse(listing) as [Packed];
  project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(["install", "--prefer-offline", join(folder, packed.filename)], project);
}, 2 * LIMIT_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  test("holds the compiled code, the kit's .proto files and its papers, and nothing else", () => {
    const strays = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^(dist\/.+\.(js|js\.map|d\.ts)|proto\/heliograph\/.+\.proto)$/.test(path));
    expect(strays.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(packed.files.map(({ path }) => path)).toContain("proto/heliograph/options/v1/options.proto");
  });

  test("was built when it was packed", () => {
    const files = packed.files.map(({ path }) => path);
    const promised = Object.values(manifest.exports)
      .flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)))
      .concat(Object.values(manifest.bin))
      .map((path) => path.replace(/^\.\//, ""));
    expect(promised.filter((path) => !files.includes(path))).toEqual([]);
  });
});

describe("in a project that installed it", { timeout: LIMIT_MS }, () => {
  test("every entry point can be imported", () => {
    // All in one process: what they have in common is loaded once.
    const imports = Object.keys(manifest.exports).map((path) => {
      const specifier = path.replace(/^\./, "heliograph");
      const attributes = path.endsWith(".json") ? ', { with: { type: "json" } }' : "";
      return `["${specifier}", Object.keys(await import("${specifier}"${attributes})).length]`;
    });
    const found: [string, number][] = JSON.parse(node(`console.log(JSON.stringify([${imports}]))`));
    expect(found).toHaveLength(imports.length);
    for (const [specifier, names] of found) expect(names, specifier).toBeGreaterThan(0);
  });

  test("nothing else can", () => {
    expect(() => node('await import("heliograph/dist/index.js")')).toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("helio tells its version", () => {
    const said = npm(["exec", "--offline", "--", "helio", "--version"], project).toString("utf8");
    expect(said.trim()).toBe(manifest.version);
  });

  test("protoc-gen-heliograph answers a compiler, and tells what it needs beside itself", () => {
    const request = toBinary(CodeGeneratorRequestSchema, create(CodeGeneratorRequestSchema));
    const plugin = join(project, "node_modules/heliograph", manifest.bin["protoc-gen-heliograph"] ?? "");
    const answer = fromBinary(CodeGeneratorResponseSchema, run(process.execPath, [plugin], project, request));
    expect(answer.error).toMatch(/^ts-proto is not installed; run npm install --save-dev ts-proto@[\d.]+$/);
  });

  test("generated code and a program of a strict project compile and run", async () => {
    for (const name of ["words.ts", "words_heliograph.ts"]) {
      await cp(join(repository, "examples/gen/example/v1", name), join(project, name));
    }
    await writeFile(join(project, "program.ts"), program);
    compile("program.ts");
    const said = run(process.execPath, ["program.js"], project).toString("utf8");
    expect(said.trim().split("\n")).toEqual(["desserts", "desserts"]);
  });
});

/** Compiles as a strict project does that checks the types of its packages, too. */
function compile(file: string): void {
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  const modules = ["--module", "NodeNext", "--target", "ES2022", "--lib", "ES2022,ESNext.Disposable"];
  const types = ["--typeRoots", join(repository, "node_modules/@types"), "--types", "node"];
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  run(process.execPath, [tsc, ...strict, ...modules, ...types, "--skipLibCheck", "false", file], project);
}

const program = `
import { connectTo, createClient, createNode, insecure, serve, type SocketFactory } from "heliograph";
import { Policy } from "heliograph/options";
import { memoryNetwork } from "heliograph/testing";
import { WordService } from "./words_heliograph.js";

export const policy: Policy = Policy.POLICY_PREEMPT;

async function call(endpoint: string, network?: SocketFactory): Promise<string> {
  await using node = createNode({ name: "packed", security: insecure(), network });
  const reverse = ({ text }: { text: string }) => ({ text: [...text].reverse().join("") });
  await serve(node, WordService, { reverse }, { endpoint });
  await using connection = connectTo(node.endpoints, { security: insecure(), network });
  const { text } = await createClient(connection, WordService).reverse({ text: "stressed" });
  return text;
}

console.log(await call("memory://packed", memoryNetwork()));
console.log(await call("tcp://127.0.0.1:*"));
`;

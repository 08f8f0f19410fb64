import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, withoutTexts } from "./support/imports.js";
import { repository, type SourceFile, sourceFiles } from "./support/source-files.js";

/** The layers of docs/architecture.md, lowest first. A folder imports itself, lower layers and src/gen. */
const layers: readonly (readonly string[])[] = [
  ["core"],
  ["wire", "naming"],
  ["socket"],
  ["rpc"],
  ["action", "discovery", "interceptors", "pubsub", "pipeline"],
  ["node"],
  ["cli", "gateway", "bridge", "dashboard", "images", "testing"],
];

/** What stands beside the layers, and what it may import beside itself. */
const beside: Readonly<Record<string, readonly string[]>> = {
  // Services are of the types in src/wire/definition.ts.
  gen: ["wire"],
  codegen: ["core", "gen"],
};

/** What one folder may import beyond its layer. */
const granted: Readonly<Record<string, readonly string[]>> = {
  // `helio check` compares the manifests that the generator writes.
  cli: ["codegen"],
};

/** The folders within src/rpc, lowest first; "." is its own files. A folder imports itself and lower ones. */
const rpcLayers: readonly (readonly string[])[] = [
  ["."],
  ["stream", "retry", "kept"],
  ["session", "interception"],
  ["client", "server", "fan-out"],
];

/** The same within src/discovery. */
const discoveryLayers: readonly (readonly string[])[] = [
  ["."],
  ["registry", "registries", "etcd", "beacon", "addresses", "directory"],
];

const barrels = ["src/index.ts", "src/testing/index.ts"];
const MAX_LINES = 400;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
};
const sources = sourceFiles("src");
const paths = new Set(sources.map(({ path }) => path));
const edges = sources.flatMap(relativeImports);
const packages = sources.flatMap(({ path, text }) =>
  importsOf(text)
    .filter(({ specifier }) => !specifier.startsWith("."))
    .map(({ specifier, line }) => ({ path, specifier, line })),
);

function relativeImports({ path, text }: SourceFile): Edge[] {
  return importsOf(text)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, line }) => ({ from: path, to: resolved(path, specifier), line }));
}

function resolved(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

/** The folder of src that a file is in; undefined for src/index.ts. */
function folderOf(path: string): string | undefined {
  const [, folder, rest] = path.split("/");
  return rest === undefined ? undefined : folder;
}

function layerOf(folder: string): number {
  return layers.findIndex((layer) => layer.includes(folder));
}

function allowed(from: string, to: string): boolean {
  if (from === to) return true;
  const own = beside[from];
  if (own !== undefined) return own.includes(to);
  if (to === "gen" || granted[from]?.includes(to)) return true;
  return layerOf(to) !== -1 && layerOf(to) < layerOf(from);
}

function packageOf(specifier: string): string {
  const [scope = "", name = ""] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function show({ from, to, line }: Edge): string {
  return `${from}:${line} imports ${to}`;
}

/** The files of one cycle of imports; undefined when there is none. */
function findCycle(): readonly string[] | undefined {
  const next = new Map([...paths].map((path) => [path, edges.filter(({ from }) => from === path)]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { to } of next.get(path) ?? []) {
      const cycle = visit(to, [...way, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of paths) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("the folders of src", () => {
  test("have a place in the table of layers", () => {
    const folders = new Set(sources.flatMap(({ path }) => folderOf(path) ?? []));
    expect([...folders].filter((folder) => layerOf(folder) === -1 && beside[folder] === undefined)).toEqual(
      [],
    );
  });

  test("import themselves, lower layers and src/gen only", () => {
    const wrong = edges.filter(({ from, to }) => {
      const folder = folderOf(from);
      const target = folderOf(to);
      // src/index.ts is above all layers, and imported by none.
      return folder !== undefined && (target === undefined || !allowed(folder, target));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test.each([
    ["rpc", rpcLayers],
    ["discovery", discoveryLayers],
  ])("within %s import themselves and lower ones only", (folder, inner) => {
    const root = `src/${folder}/`;
    const within = (path: string) => posix.dirname(path.slice(root.length));
    const layer = (name: string) => inner.findIndex((each) => each.includes(name));
    const wrong = edges
      .filter(({ from, to }) => from.startsWith(root) && to.startsWith(root))
      .map((edge) => ({ edge, from: within(edge.from), to: within(edge.to) }))
      .filter(({ from, to }) => from !== to && !(layer(to) !== -1 && layer(to) < layer(from)));
    expect(wrong.map(({ edge }) => show(edge))).toEqual([]);
  });

  test("have no cycles of imports between files", () => {
    expect(findCycle()).toBeUndefined();
  });

  test("import files that exist, by their full name", () => {
    expect(edges.filter(({ to }) => !paths.has(to)).map(show)).toEqual([]);
  });

  test("import zeromq in src/socket only", () => {
    const users = packages
      .filter(({ specifier }) => specifier === "zeromq")
      .map(({ path }) => folderOf(path));
    expect([...new Set(users)]).toEqual(["socket"]);
  });
});

describe("the packages that src imports", () => {
  const builtin = new Set(builtinModules);
  const foreign = packages.filter(({ specifier }) => !specifier.startsWith("node:"));

  const names = new Set(foreign.map(({ specifier }) => packageOf(specifier)));

  test("are those that package.json depends on", () => {
    const required = Object.keys(manifest.dependencies);
    const optional = Object.keys(manifest.peerDependencies);
    expect([...names].filter((name) => !required.includes(name) && !optional.includes(name))).toEqual([]);
    expect(required.filter((name) => !names.has(name))).toEqual([]);
  });

  test("are named with node: when they are Node's own", () => {
    expect(foreign.filter(({ specifier }) => builtin.has(specifier))).toEqual([]);
  });
});

describe("a file of src", () => {
  const written = sources.filter(({ path }) => folderOf(path) !== "gen");

  test(`has at most ${MAX_LINES} lines`, () => {
    const long = written.filter(({ text }) => text.split("\n").length > MAX_LINES + 1);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test("exports by name", () => {
    const unnamed = written.filter(({ text }) => /\bexport\s+(default\b|\*)/.test(withoutTexts(text)));
    expect(unnamed.map(({ path }) => path)).toEqual([]);
  });

  test("exports what is its own, except the entry points", () => {
    const passing = written.filter(({ text }) =>
      /\bexport\s+(type\s+)?\{[^}]*\}\s*from\b/.test(withoutTexts(text)),
    );
    expect(passing.map(({ path }) => path).filter((path) => !barrels.includes(path))).toEqual([]);
    expect(written.filter(({ path }) => /\/index\.ts$/.test(path)).map(({ path }) => path)).toEqual(barrels);
  });
});

describe.each(["services", "examples"])("%s", (folder) => {
  const users = sourceFiles(folder);

  test("imports the kit by its public entry points, as a user does", () => {
    const entryPoints = Object.keys(manifest.exports).map((path) => posix.join("heliograph", path));
    const wrong = users.flatMap(({ path, text }) =>
      importsOf(text)
        .filter(({ specifier }) =>
          specifier.startsWith(".")
            ? !resolved(path, specifier).startsWith(`${folder}/`)
            : /^heliograph(\/|$)/.test(specifier) && !entryPoints.includes(specifier),
        )
        .map(({ specifier, line }) => `${path}:${line} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unusedPort } from "../../examples/15-bakery/unused-port.js";
import { runTool } from "../../src/cli/tools.js";
import { helio, tsx } from "./helio.js";
import { repository, temporaryFolder } from "./schemas.js";

const lock = "heliograph.lock.json";
const proto = "proto/greeter/v1/greeter.proto";

/** Runs a program of the project, with the package's sources in place of the installed package. */
function start(cwd: string, file: string, registry: string) {
  const more = { TSX_TSCONFIG_PATH: join(cwd, "tsconfig.test.json"), HELIOGRAPH_REGISTRY: registry };
  const env = { ...process.env, ...more };
  return spawn(process.execPath, ["--import", tsx, file], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
}

let parent: string;
let project: string;

beforeAll(async () => {
  parent = await temporaryFolder();
  project = join(parent, "my service");
});

afterAll(async () => {
  await rm(parent, { recursive: true });
});

describe("helio", () => {
  it.each([
    [["--help"], 0, "Examples:"],
    [["generate", "--help"], 0, "helio generate --check"],
    [["check", "--help"], 0, "helio check --against main"],
    [["init", "--help"], 0, "helio init my-service"],
    [["--version"], 0, "0.1.0"],
  ])("answers %s", async (args, code, told) => {
    const outcome = await helio(parent, ...args);
    expect(outcome).toMatchObject({ code, stderr: "" });
    expect(outcome.stdout).toContain(told);
  });

  it.each([
    [["generat"], "unknown command 'generat'"],
    [["generate", "--colour"], "unknown option '--colour'"],
    [["generate", "extra"], "too many arguments"],
    [["generate", "--lang", "cobol"], "--lang cobol: there is no such language yet; there is ts"],
  ])("ends %s with code 2", async (args, told) => {
    const outcome = await helio(parent, ...args);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(told);
  });
});

describe("a new project", () => {
  it("is made, and never over existing files", async () => {
    const made = await helio(parent, "init", "my service");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain('cd "my service"');
    const again = await helio(project, "init");
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /^package\.json, .*src\/client\.ts would be overwritten; choose another folder/,
    );
  });

  it("generates, twice the same, and type-checks against the package's sources", async () => {
    expect(await helio(project, "generate")).toEqual({
      code: 0,
      stdout: `src/gen: 2 files, 2 written, 0 removed; ${lock} written\n`,
      stderr: "",
    });
    const before = await stat(join(project, "src/gen/greeter/v1/greeter.ts"));
    expect((await helio(join(project, "src"), "generate")).stdout).toBe(
      `gen: 2 files, 0 written, 0 removed; ../${lock} unchanged\n`,
    );
    expect((await stat(join(project, "src/gen/greeter/v1/greeter.ts"))).mtimeMs).toBe(before.mtimeMs);
    await symlink(join(repository, "node_modules"), join(project, "node_modules"));
    const config = {
      extends: "./tsconfig.json",
      compilerOptions: { lib: ["ESNext"], paths: { heliograph: [join(repository, "src/index.ts")] } },
    };
    await writeFile(join(project, "tsconfig.test.json"), JSON.stringify(config));
    const tsc = join(repository, "node_modules/typescript/bin/tsc");
    expect(await runTool([process.execPath, tsc, "-p", "tsconfig.test.json"], project)).toMatchObject({
      code: 0,
      stdout: "",
    });
  });

  it("runs: the client finds the server and is greeted; the server ends when it is told to", async () => {
    const registry = `local:${await unusedPort()}`;
    const server = start(project, "src/server.ts", registry);
    await once(server.stdout, "data");
    expect(await text(start(project, "src/client.ts", registry).stdout)).toBe("Hello, Ada!\n");
    server.kill("SIGTERM");
    expect(await once(server, "exit")).toEqual([0, null]);
  });

  it("generates from anywhere", async () => {
    const args = ["--proto", "my service/proto", "--out", "elsewhere", "--lock", "elsewhere.lock"];
    expect((await helio(parent, "generate", ...args)).stdout).toBe(
      "elsewhere: 2 files, 2 written, 0 removed; elsewhere.lock written\n",
    );
    expect(await readFile(join(parent, "elsewhere.lock"), "utf8")).toBe(
      await readFile(join(project, lock), "utf8"),
    );
  });

  it("passes on the compiler's and the plugin's errors, with the project's own paths", async () => {
    const source = await readFile(join(project, proto), "utf8");
    await writeFile(join(project, proto), `${source}message Broken { Missing field = 1; }\n`);
    const broken = await helio(project, "generate");
    expect(broken).toEqual({
      code: 1,
      stdout: "",
      stderr: `${proto}:20:18: cannot find \`Missing\` in this scope\n`,
    });
    await writeFile(join(project, proto), `${source}message Array {}\nmessage Map {}\n`);
    const refused = await helio(join(project, "src"), "generate");
    expect(refused.code).toBe(1);
    expect(refused.stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        /^\.\.\/proto\/greeter\/v1\/greeter\.proto:20:1: message Array has a name .*; rename it$/,
      ),
      expect.stringMatching(
        /^\.\.\/proto\/greeter\/v1\/greeter\.proto:21:1: message Map has a name .*; rename it$/,
      ),
    ]);
    await writeFile(join(project, proto), source);
  });

  it("uses the kit's options without a copy of them, and emits none", async () => {
    const topics = join(project, "proto/topics/v1");
    await mkdir(topics, { recursive: true });
    await writeFile(
      join(topics, "topics.proto"),
      `syntax = "proto3";
package topics.v1;
import "google/protobuf/empty.proto";
import "heliograph/options/v1/options.proto";
service TopicService {
  rpc Readings(google.protobuf.Empty) returns (stream Reading) {
    option (heliograph.options.v1.topic) = {key: "{room}"};
  }
}
message Reading { string room = 1; }
`,
    );
    const stale = await helio(project, "generate", "--check");
    expect(stale.code).toBe(1);
    expect(stale.stderr).toContain(
      "src/gen/topics/v1/topics_heliograph.ts is not current; run helio generate\n",
    );
    expect((await helio(project, "generate")).stdout).toContain("src/gen: 5 files, 3 written, 0 removed");
    expect((await helio(project, "generate", "--check")).code).toBe(0);
  });

  it("is compared with a file, a folder and a git ref", async () => {
    const git = (...args: string[]) =>
      runTool(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], project);
    await git("init", "-q", "-b", "main");
    await git("add", lock, "proto");
    await git("commit", "-q", "-m", "one");
    expect(await helio(project, "check", "--against", "main")).toEqual({
      code: 0,
      stdout: `${lock} is current; nothing breaks peers of main\n`,
      stderr: "",
    });
    const topics = join(project, "proto/topics/v1/topics.proto");
    await writeFile(topics, (await readFile(topics, "utf8")).replace("{room}", "rooms/{room}"));
    const told =
      'topics.v1.TopicService/Readings: key changed from "{room: string = 1}" to "rooms/{room: string = 1}"';
    const stale = `${lock} is not what the .proto files say; run helio generate`;
    for (const against of ["main", lock, "."]) {
      expect(await helio(project, "check", "--against", against)).toEqual({
        code: 1,
        stdout: "",
        stderr: `${stale}\n${told}\n`,
      });
    }
    const { code, stdout } = await helio(project, "check", "--against", "main", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      current: false,
      breaking: [{ rule: "key-changed", path: "topics.v1.TopicService/Readings", message: told }],
    });
    const unknown = await helio(project, "check", "--against", "nowhere");
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/^nowhere is no file or folder, and git can't show nowhere:.*\n$/);
  });

  it("loses the code of a .proto file that is gone, and nothing else", async () => {
    await rm(join(project, "proto/topics"), { recursive: true });
    await writeFile(join(project, "src/gen/mine.ts"), "export {};\n");
    expect((await helio(project, "generate")).stdout).toContain("src/gen: 2 files, 0 written, 3 removed");
    await stat(join(project, "src/gen/mine.ts"));
    await expect(stat(join(project, "src/gen/topics"))).rejects.toThrow("ENOENT");
  });

  it("is told clearly that there are no .proto files", async () => {
    const empty = join(parent, "empty");
    await mkdir(empty);
    await writeFile(join(empty, "package.json"), "{}");
    expect(await helio(empty, "generate")).toMatchObject({
      code: 1,
      stderr: "there is no folder proto with .proto files; make it, or name another with --proto\n",
    });
    await mkdir(join(empty, "proto"));
    expect(await helio(empty, "generate")).toMatchObject({
      code: 1,
      stderr: "there are no .proto files in proto\n",
    });
  });

  it("has the modules of its buf.yaml, and what they leave out", async () => {
    const workspace = join(parent, "workspace");
    const files = {
      "buf.yaml": "version: v2\nmodules:\n  - path: a\n    excludes: [a/skip]\n  - path: b\n",
      "a/a.proto": 'syntax = "proto3";\npackage a;\nmessage M {}\n',
      "a/skip/broken.proto": "not a schema",
      "b/b.proto": 'syntax = "proto3";\nimport "a.proto";\nservice S {\n  rpc A(a.M) returns (a.M);\n}\n',
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), content);
    }
    expect((await helio(workspace, "generate")).stdout).toContain("src/gen: 3 files, 3 written");
    await writeFile(join(workspace, "buf.yaml"), "version: v2\nmodules: none\n");
    const wrong = await helio(workspace, "generate");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/^buf\.yaml: decode buf\.yaml: .*\n$/);
  });
});

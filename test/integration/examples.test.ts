import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, it } from "vitest";
import { scenes } from "../../examples/demo/scenes.js";
import { repository } from "../docs/project.js";
import { hasPython } from "../docs/session.js";

const LIMIT_MS = 100_000;

/** By folder: what its clients print. */
const shown: Readonly<Record<string, readonly RegExp[]>> = {
  "01-greeter": [/^ +Hello, Ada!$/m, /^ +Hello, 世界!$/m],
  "02-geometry": [
    /moveRight\(\(1, 2\), 3\.5\) +\(4\.5, 2\)$/m,
    /moveRight\(\(4\.75, 2\), -7\) +\(-2\.25, 2\)$/m,
    /without a point +INVALID_ARGUMENT: example\.v1\.GeometryService\/MoveRight: point is missing$/m,
  ],
  "03-words": [
    /stressed +desserts$/m,
    /naïve 👋 +👋 evïan$/m,
    /repaid +OK diaper$/m,
    hasPython ? /drawer +OK reward$/m : /drawer +OK reward$|left out/m,
  ],
  "04-machine": [/client \d+ +cpu +\d+ % of \d+ cores +memory \d+\.\d of \d+\.\d GB$/m],
  "05-errors": [
    /done in time +OK, one sponge$/m,
    /no such cake +NOT_FOUND, reason CAKE_UNKNOWN, told by the server$/m,
    /detail UnknownCake: there is apple pie and sponge$/m,
    /deadline +DEADLINE_EXCEEDED, reason CALL_TIMED_OUT, told by /m,
    /cancelled +CANCELLED, reason CALL_CANCELLED, told by this side$/m,
    /apple pie +CALL_CANCELLED +after \d+ ms$/m,
  ],
  "06-failover": [
    /100 calls are running in process (\d+)\n.*kill -9 \1\n/,
    /100 × UNAVAILABLE, reason CONNECTION_LOST: the call may have run$/m,
    /after \d+ ms process \d+ has answered the next call$/m,
  ],
  "07-throughput": [/ 256 in flight +[\d,]+ calls\/s +p50 +\d+\.\d\d ms +p99 +\d+\.\d\d ms$/m],
  "08-large-payloads": [
    /4 files of 20 MB arrived whole/,
    /[1-9]\d* small calls meanwhile: p50 \d+\.\d ms, p99 \d+\.\d ms$/m,
  ],
};

it("has a scene for every example", () => {
  const folders = readdirSync(join(repository, "examples")).filter((name) => /^\d\d-/.test(name));
  expect(scenes.map(({ folder }) => folder)).toEqual(folders);
  expect(Object.keys(shown)).toEqual(folders);
});

describe("the demo", () => {
  let output = "";
  let errors = "";
  let status: unknown;

  beforeAll(async () => {
    const demo = startDemo();
    [output, errors, [status]] = await Promise.all([
      text(demo.stdout),
      text(demo.stderr),
      once(demo, "close"),
    ]);
  }, LIMIT_MS);

  it("ends by itself with status 0", () => {
    expect(errors).toBe("");
    expect(status).toBe(0);
    expect(output).toMatch(/^Done: \d+ scenes in \d+\.\d s\./m);
  });

  it.each(scenes)("plays $folder", ({ folder, title }) => {
    const scene = output.split(/\n\n(?=\d {2}\S)/).find((part) => part.includes(title)) ?? "";
    for (const line of shown[folder] ?? []) expect(scene).toMatch(line);
  });
});

it("ends all processes of the demo when it is interrupted", { timeout: LIMIT_MS }, async () => {
  const demo = startDemo("01");
  for await (const line of createInterface({ input: demo.stdout })) if (line.includes("Hello, Ada!")) break;
  demo.kill("SIGINT");
  // All processes of the demo write to one standard error: it ends when the last of them has.
  const [errors, [status]] = await Promise.all([text(demo.stderr), once(demo, "close")]);
  expect(errors).toContain("demo: ended by SIGINT");
  expect(status).toBe(130);
});

it("knows which scenes there are", async () => {
  const demo = startDemo("99");
  const [errors, [status]] = await Promise.all([text(demo.stderr), once(demo, "close")]);
  expect(errors).toContain('there is no scene "99"; there is 01-greeter,');
  expect(status).toBe(2);
});

function startDemo(...scenes: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ["--import", "tsx", "examples/demo/main.ts", ...scenes], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

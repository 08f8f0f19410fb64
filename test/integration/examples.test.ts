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

const LIMIT_MS = 160_000;

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
    /19 MB of text arrived as 0\.\d\d MB, with gzip$/m,
  ],
  "09-streams": [
    /count {2}← 1\n.*count {2}← 2\n.*count {2}← 3$/m,
    /sum {4}→ 1, 20, 300 +← 321; the counter is at 321$/m,
    /chat {3}→ 10\n.*← 331\n.*→ -1\n.*← 330\n.*→ 90\n.*← 420$/m,
    /1 of a million taken, and none for 200 ms: the handler waits at \d{1,4}$/m,
    /the loop left at 5000: the handler was stopped at \d{4}$/m,
    /100,000 read, [\d,]+ per second$/m,
    /DEADLINE_EXCEEDED: .*\(itemTimeoutMs\)$/m,
  ],
  "10-resume": [
    /saw 200, and cut the link\n.*saw 400, and cut the link\n/,
    /went to 600; watched 601 values over 3 connections:\n +no value was lost, none came twice$/m,
    /UNAVAILABLE: example\.v1\.CounterService\/Count: the connection to .* broke/,
  ],
  "11-retries": [
    /sponge, with a key +OK$/m,
    /apple pie, without one +UNAVAILABLE, reason CONNECTION_LOST: it may have run$/m,
    /put into the oven +1 × sponge, 1 × apple pie$/m,
    /kill -9 \d+, with calls in flight:\n( +read +OK, from process \d+\n){3}/,
    /sponge, with a key +UNAVAILABLE, reason INSTANCE_GONE: it may have run$/m,
  ],
  "12-fan-out": [
    /bakery-\d+ +1001$/m,
    /bakery-\d+ +0$[\s\S]*bakery-\d+ +0$/m,
    /maxAnswers: 2 +bakery-\d+ and bakery-\d+$/m,
    /gapMs: 400 +bakery-\d+ and bakery-\d+$/m,
    /(timeoutMs: 400 +bakery-\d+ OK\n.*){2}timeoutMs: 400 +bakery-\d+ CALL_TIMED_OUT$/m,
    /None of them waited for the minute\.$/m,
  ],
  "13-interceptors": [
    /wants a token:\n.*UNAUTHENTICATED$/m,
    /it knows by the token: Ada$/m,
    /of 1000 ms its oven got [1-8]?\d?\d$/m,
    /(.*DEADLINE_EXCEEDED CALL_TIMED_OUT\n){3}.*closed to open\n.*then CIRCUIT_OPEN: not even sent$/m,
    /(.*RESOURCE_EXHAUSTED RATE_LIMITED\n){2}.*\/Bake: OK\n.*\/Bake: OK$/,
  ],
  "14-testing": [
    /passed in +\d+ ms +says what the service says$/m,
    /passed in +\d+ ms +gets along without the service$/m,
    /passed in +\d+ ms +does not wait for an answer that got lost$/m,
    /passed in +\d+ ms +counts on when the connection is cut$/m,
  ],
  "15-bakery": [
    /9 processes, each of which finds those that it calls$/m,
    // What happens to one instance in quick succession is told once: as it is after that.
    /kill -9 +(\S+) \((\d+)\)\n[\s\S]* \1 \(\2\) (suspect|down)$[\s\S]* \1 \(\d+\) up$/m,
    /SIGSTOP +(\S+ \(\d+\))\n[\s\S]* \1 (stalled|suspect|down)\n[\s\S]*SIGCONT +\1\n[\s\S]* \1 up$/m,
    /SIGTERM +(\S+ \(\d+\))\n[\s\S]* \1 down$/m,
    /oven-1 serves the registry, too:\n.*kill -9 +oven-1 \(\d+\)\n[\s\S]* oven-1 \(\d+\) up$/m,
    /menus +(\d+) asked for, \1 read, 0 failed; /,
    /cakes +\d+ ordered, \d+ baked, \d+ unknown, 0 failed$/m,
    /(.*kept {4}.*\n){3}.*kept {4}.*$/m,
  ],
  "16-sensors": [
    /(^ +(disk|load|memory|network|timer)\/\S+ +\d+\.\d .* (\d+) {2}\2\n){9}/m,
    /timer +slow falls behind: [1-9]\d* dropped for it so far, \d+ wait$/m,
    /slow +is told that [1-9]\d* before number \d+ were missed$/m,
    // The last that was published is the last that was read.
    /^(?=[\s\S]* timer +(\d+) published\n)[\s\S]* slow +from \d+ to \1: [1-9]\d* read, [1-9]\d* missed$/m,
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
    const scene = output.split(/\n\n(?=\d+ {2}\S)/).find((part) => part.includes(title)) ?? "";
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

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { allCases } from "./expand-cases.js";
import type { CommandLine } from "./program.js";
import { HANDLERS_END, runCases } from "./runner.js";

const [first, second] = allCases().filter(({ name }) => name.startsWith("basic/unary/success/"));
if (first === undefined || second === undefined) throw new Error("there are no basic cases");
const two = [first, second];

/** A program that is a line of JavaScript. */
function script(source: string): CommandLine {
  return [process.execPath, "--eval", source];
}

/** Reads everything, answers nothing, and ends when its input does. */
const silent = script("process.stdin.resume()");
/** Answers that it listens at port 1, whatever it is asked. */
const ready = script(
  `const bound = Buffer.from("tcp://127.0.0.1:1");
   const message = Buffer.from([0, 0, 0, bound.length + 2, 10, bound.length, ...bound]);
   process.stdin.on("data", () => process.stdout.write(message))`,
);

/** What each of two cases failed with. */
async function failures(client: CommandLine, server: CommandLine, timeoutMs = 8_000): Promise<string[][]> {
  const outcomes = await runCases({ client, server, cases: two, known: new Map(), timeoutMs });
  expect(outcomes.map(({ name }) => name)).toEqual([...two.map(({ name }) => name), HANDLERS_END]);
  return outcomes.slice(0, two.length).map(({ differences }) => [...differences]);
}

describe.concurrent("a program that", () => {
  test("dies fails its cases, with its last words", async () => {
    const dying = script(`console.error("there is no libzmq here"); process.exit(3)`);
    const found = await failures(dying, ready);
    for (const lines of found)
      expect(lines).toEqual(["the client program ended (3); its last words: there is no libzmq here"]);
  });

  test("dies in the middle fails all cases that it has not reported", async () => {
    const found = await failures(script(`process.stdin.once("data", () => process.exit(1))`), ready);
    for (const lines of found) expect(lines).toEqual(["the client program ended (1)"]);
  });

  test("does not exist fails its cases, by its name", async () => {
    const found = await failures(silent, ["no-such-conformance-server"]);
    for (const lines of found) expect(lines).toEqual([expect.stringContaining("no-such-conformance-server")]);
  });

  test("prints text to standard output fails its cases, with the text", async () => {
    const chatty = script(`console.log("Listening on port 5555"); setInterval(() => {}, 1_000)`);
    const found = await failures(silent, chatty);
    for (const lines of found) {
      expect(lines).toEqual([
        expect.stringMatching(/^the server program wrote what is no message.*"Listening on port 5555\\n"/),
      ]);
    }
  });

  test("prints a message of another type fails its cases", async () => {
    const odd = script(
      `process.stdout.write(Buffer.from([0, 0, 0, 2, 0x0a, 0x09])); setInterval(() => {}, 1_000)`,
    );
    const found = await failures(odd, ready);
    for (const lines of found)
      expect(lines).toEqual([expect.stringContaining("is not a heliograph.conformance")]);
  });

  test("ends within a message fails its cases", async () => {
    const found = await failures(script(`process.stdout.write(Buffer.from([0, 0, 0, 9, 1]))`), ready);
    for (const lines of found) expect(lines).toEqual([expect.stringContaining("it ended within a message")]);
  });

  test("never answers fails each case by its name, when its time is over", async () => {
    const found = await failures(silent, ready, 3_000);
    expect(found).toEqual(two.map(({ name }) => [`waited 3000 ms for the client program to report ${name}`]));
  });

  test("never listens fails its cases", async () => {
    const found = await failures(silent, silent, 500);
    for (const lines of found)
      expect(lines).toEqual(["waited 500 ms for the server program to listen at tcp://127.0.0.1:*"]);
  });

  test("can't listen fails its cases, with its reason", async () => {
    const unable = script(
      `process.stdin.on("data", () => process.stdout.write(Buffer.from([0, 0, 0, 4, 18, 2, 110, 111])))`,
    );
    const found = await failures(silent, unable);
    for (const lines of found)
      expect(lines).toEqual(["the server program can't listen at tcp://127.0.0.1:*: no"]);
  });
});

test("handlers that run on after the last case fail the run", async () => {
  const busy = script(
    `process.stdin.on("data", () => process.stdout.write(Buffer.from([0, 0, 0, 2, 24, 7])))`,
  );
  const outcomes = await runCases({
    client: silent,
    server: busy,
    cases: [],
    known: new Map(),
    handlersEndMs: 50,
  });
  expect(outcomes).toEqual([
    {
      name: HANDLERS_END,
      differences: ["7 handlers still run, though no call does"],
      known: undefined,
    },
  ]);
});

describe.concurrent("the command", () => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const run = (...args: string[]) =>
    new Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>((resolve) =>
      execFile(process.execPath, ["--import", "tsx", main, ...args], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      ),
    );

  test("lists the cases that a pattern selects", async () => {
    const { code, stdout } = await run("--list", "--only", "^basic/unary/success/");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toEqual(
      ["protobuf", "json", "msgpack"].map((codec) => `basic/unary/success/${codec}`),
    );
  });

  test("says what is wrong with an argument, and how it is used", async () => {
    const { code, stderr } = await run("--timeout", "soon");
    expect(code).toBe(2);
    expect(stderr).toContain("--timeout must be a number of milliseconds, got soon");
    expect(stderr).toContain("Examples");
  });
});

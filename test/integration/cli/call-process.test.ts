import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Node } from "../../../src/index.js";
import { tsx } from "../../codegen/helio.js";
import { repository } from "../../codegen/schemas.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { reflectingNode } from "./reflecting-node.js";
import { endpointOf } from "./stand-in.js";

let node: Node;

beforeAll(async () => {
  node = await reflectingNode("notes", CallService, {
    async *chat(requests) {
      for await (const { text } of requests) yield Note.fromPartial({ text: text.toUpperCase() });
    },
  });
});

afterAll(() => node.close());

/** `helio call Call/Chat -` as a process of its own. */
function chat(): ChildProcessWithoutNullStreams {
  const main = join(repository, "src/cli/main.ts");
  const call = ["call", "Call/Chat", "-", "--endpoint", endpointOf(node)];
  return spawn(process.execPath, ["--import", tsx, main, ...call]);
}

test("a process of helio call answers each line of its input while that is open, and ends with it", async () => {
  const child = chat();
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  for (const word of ["a", "b"]) {
    child.stdin.write(`{"text":"${word}"}\n`);
    expect((await answers.next()).value).toBe(`{"text":"${word.toUpperCase()}"}`);
  }
  child.stdin.end();
  expect(await once(child, "close")).toEqual([0, null]);
});

test("a process of helio call ends at Ctrl+C, although its input is open", async () => {
  const child = chat();
  const errors = text(child.stderr);
  child.stdin.write('{"text":"a"}\n');
  await once(child.stdout, "data");
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([1, null]);
  expect(await errors).toMatch(/^CANCELLED: .*\nreason: CALL_CANCELLED\ncalled: notes \(\w{8}\)\n$/);
});

test("a process of helio call ends without a word when nobody reads its answers any more", async () => {
  const child = chat();
  const errors = text(child.stderr);
  child.stdin.on("error", () => {});
  child.stdin.write('{"text":"a"}\n');
  await once(child.stdout, "data");
  const ended = once(child, "close");
  child.stdout.destroy();
  child.stdin.write('{"text":"b"}\n{"text":"c"}\n');
  expect(await ended).toEqual([0, null]);
  expect(await errors).toBe("");
});

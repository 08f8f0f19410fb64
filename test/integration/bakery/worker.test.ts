import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { within } from "../../support/within.js";

const program = fileURLToPath(new URL("hanging.ts", import.meta.url));

test("a worker of the bakery that was stopped ends when its main program is killed", {
  timeout: 60_000,
}, async () => {
  const main = spawn(process.execPath, ["--import", "tsx", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await within(45_000, "the worker to hang", once(main.stdout, "data"));
  expect(String(line)).toBe("hangs\n");
  // The worker holds the output of the main program open for as long as it is there.
  const ended = once(main.stdout, "close");
  main.kill("SIGKILL");
  await within(10_000, "the worker to end", ended);
});

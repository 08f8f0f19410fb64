import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("a program lives on while its only call waits for a server", async () => {
  const program = fileURLToPath(new URL("../support/waiting-client.ts", import.meta.url));
  // Nobody listens at port 1, so no socket is open between two attempts.
  const client = spawn(process.execPath, ["--import", "tsx", program, "tcp://127.0.0.1:1", "500"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(client.stdout), once(client, "close")]);
  expect({ output, code }).toEqual({ output: "CALL_TIMED_OUT\n", code: 0 });
});

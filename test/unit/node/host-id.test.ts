import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hostId } from "../../../src/node/host-id.js";

test("the id of a host begins with its name, and is the same whenever it is asked for", () => {
  expect(hostId()).toMatch(/^.+\/[0-9a-f]{8}$/);
  expect(hostId().startsWith(`${hostname()}/`)).toBe(true);
  expect(hostId()).toBe(hostId());
});

test("two processes of one machine have one host", () => {
  const module = fileURLToPath(new URL("../../../src/node/host-id.ts", import.meta.url));
  const program = `import(${JSON.stringify(module)}).then(({ hostId }) => process.stdout.write(hostId()))`;
  expect(String(execFileSync(process.execPath, ["--import", "tsx", "-e", program]))).toBe(hostId());
});

import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runTool } from "../../src/cli/tools.js";
import { repository, temporaryFolder } from "./schemas.js";

const fixture = join(repository, "test/codegen/fixtures/types/calls.ts");

it("infers the types of handlers and calls of all kinds, and refuses what doesn't fit", async () => {
  const folder = await temporaryFolder();
  try {
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
    const config = {
      extends: join(repository, "tsconfig.json"),
      compilerOptions: { noEmit: true, listFiles: true },
      include: [],
      files: [fixture],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(repository, "node_modules/typescript/bin/tsc");
    const { stdout } = await runTool([process.execPath, tsc, "-p", folder], folder);
    // The file as one of those that were read, and no error of it.
    const told = stdout.split("\n").filter((line) => line.includes("fixtures/types/calls.ts"));
    expect(told).toEqual([expect.stringMatching(/calls\.ts$/)]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findTools } from "../../src/cli/tools.js";
import { temporaryFolder } from "./schemas.js";

it("says how to install the tools that are missing", async () => {
  const folder = await temporaryFolder();
  try {
    const find = () => findTools(folder, join(folder, "package.json"));
    expect(find).toThrow(
      "@bufbuild/buf and ts-proto not installed; run npm install --save-dev @bufbuild/buf@1.75.0 ts-proto@2.18.0",
    );
    await install(folder, "ts-proto", "protoc-gen-ts_proto");
    expect(find).toThrow("@bufbuild/buf not installed; run npm install --save-dev @bufbuild/buf@1.75.0");
    await install(folder, "@bufbuild/buf", "bin/buf");
    expect(find()).toEqual({
      buf: [process.execPath, join(folder, "node_modules/@bufbuild/buf/bin/buf")],
      tsProto: [process.execPath, join(folder, "node_modules/ts-proto/protoc-gen-ts_proto")],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function install(folder: string, name: string, program: string): Promise<void> {
  const root = join(folder, "node_modules", name);
  await mkdir(join(root, "bin"), { recursive: true });
  await writeFile(join(root, "package.json"), "{}");
  await writeFile(join(root, program), "#!/usr/bin/env node\n");
}

import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../src/cli/tools.js";
import { repository } from "./schemas.js";

const strictest = {
  target: "ES2022",
  lib: ["ES2023", "ESNext.Disposable"],
  module: "NodeNext",
  types: ["node"],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  isolatedModules: true,
  isolatedDeclarations: true,
  declaration: true,
  skipLibCheck: false,
  noEmit: true,
};

/** What the compiler has to say about the TypeScript in a folder, under the strictest flags; empty when nothing. */
export async function typecheck(folder: string): Promise<string> {
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  const config = {
    compilerOptions: {
      ...strictest,
      paths: { heliograph: [join(repository, "src/wire/definition.ts")] },
    },
    include: ["**/*.ts"],
  };
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  const { stdout, stderr } = await runTool([process.execPath, tsc, "-p", folder], folder);
  return stdout + stderr;
}

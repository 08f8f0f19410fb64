import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { step } from "./command.js";
import type { Checkout } from "./paths.js";
import { stale } from "./stale.js";

/** Builds a checkout's package, unless its sources are older than what was built. */
export async function buildPackage({ root }: Checkout): Promise<void> {
  const sources = [
    `${root}/src`,
    `${root}/package.json`,
    `${root}/tsconfig.json`,
    `${root}/tsconfig.build.json`,
  ];
  if (stale(`${root}/dist/index.js`, sources)) {
    await step("building Heliograph", "npm", ["run", "build"], { cwd: root });
  }
}

/** Makes `import "heliograph"` in a checkout's bench mean that checkout's build, as it would for a user. */
export function linkPackage({ root, modules }: Checkout): void {
  mkdirSync(modules, { recursive: true });
  if (!existsSync(`${modules}/heliograph`)) symlinkSync(root, `${modules}/heliograph`, "junction");
}

/** Generates the stubs: Heliograph's, and of bench.proto grpc-js's types where its generator is installed. */
export async function generateStubs({ root, bench, modules, gen }: Checkout): Promise<void> {
  const protos = `${bench}/proto`;
  const mark = `${gen}/.made`;
  const typesOfGrpc = `${modules}/@grpc/proto-loader/build/bin/proto-loader-gen-types.js`;
  const tools = [`${root}/dist/codegen`, `${root}/dist/cli`, typesOfGrpc];
  if (!stale(mark, [protos, ...tools])) return;

  rmSync(gen, { recursive: true, force: true });
  const out = ["--out", `${gen}/heliograph`, "--lock", `${gen}/heliograph.lock.json`];
  await step("stubs of Heliograph", process.execPath, [`${root}/dist/cli/main.js`, "generate", ...out], {
    cwd: bench,
  });
  if (existsSync(typesOfGrpc)) {
    const options = [
      "--grpcLib=@grpc/grpc-js",
      "--importFileExtension=.js",
      "--defaults",
      `--outDir=${gen}/grpc-js`,
    ];
    await step("types of grpc-js", process.execPath, [
      typesOfGrpc,
      ...options,
      `${protos}/bench/v1/bench.proto`,
    ]);
  }
  writeFileSync(mark, "");
}

/**
 * Compiles the measured programs, so that they run as plain JavaScript. With `lenient`, because packages of some
 * peers are missing, what cannot be checked is compiled all the same.
 */
export async function compilePrograms(
  { root, bench, gen, programs }: Checkout,
  { lenient = false }: { readonly lenient?: boolean } = {},
): Promise<void> {
  const mark = `${programs}/.made`;
  const own = [
    "driver",
    "peers",
    "memory",
    "discovery",
    "registry",
    "tsconfig.json",
    "node_modules/.package-lock.json",
  ];
  const sources = own.map((path) => `${bench}/${path}`);
  if (!stale(mark, [...sources, gen, `${root}/dist/index.d.ts`])) return;

  rmSync(programs, { recursive: true, force: true });
  try {
    await step("compiling the programs", `${root}/node_modules/.bin/tsc`, ["-p", bench]);
    writeFileSync(mark, "");
  } catch (error) {
    if (!lenient) throw error;
  }
}

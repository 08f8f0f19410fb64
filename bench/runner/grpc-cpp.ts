import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { run, step } from "./command.js";
import type { Checkout } from "./paths.js";

const flags = ["-std=c++17", "-O2"];

/** Folder of the C++ programs: named after a hash of all that goes into them, so that a change makes another. */
export function grpcCppBinaries({ bench }: Checkout): string {
  const hash = createHash("sha256").update(flags.join(" "));
  for (const file of sourcesOf(bench)) hash.update(readFileSync(file));
  return `${bench}/build/grpc-cpp/${hash.digest("hex").slice(0, 16)}`;
}

/** Whether they are there. */
export function grpcCppBuilt(checkout: Checkout): boolean {
  const out = grpcCppBinaries(checkout);
  return existsSync(`${out}/client`) && existsSync(`${out}/server`);
}

/** Generates and compiles them. */
export async function buildGrpcCpp(checkout: Checkout): Promise<void> {
  const { bench } = checkout;
  const out = grpcCppBinaries(checkout);
  rmSync(`${bench}/build/grpc-cpp`, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });

  const plugin = (await run("sh", ["-c", "command -v grpc_cpp_plugin"])).trim();
  const generate = [
    `-I${bench}/proto`,
    `--cpp_out=${out}`,
    `--grpc_out=${out}`,
    `--plugin=protoc-gen-grpc=${plugin}`,
  ];
  await step("stubs of gRPC C++", "protoc", [...generate, "bench/v1/bench.proto"]);

  const libraries = (await run("pkg-config", ["--cflags", "--libs", "grpc++", "protobuf"]))
    .trim()
    .split(/\s+/);
  const generated = [`${out}/bench/v1/bench.pb.cc`, `${out}/bench/v1/bench.grpc.pb.cc`];
  for (const program of ["server", "client"]) {
    const source = `${bench}/peers/grpc-cpp/${program}.cc`;
    const args = [...flags, `-I${out}`, source, ...generated, "-o", `${out}/${program}`, ...libraries];
    await step(`gRPC C++ ${program}`, "g++", args);
  }
}

function sourcesOf(bench: string): string[] {
  const folder = `${bench}/peers/grpc-cpp`;
  const programs = readdirSync(folder).sort();
  return [`${bench}/proto/bench/v1/bench.proto`, ...programs.map((name) => `${folder}/${name}`)];
}

import { fileURLToPath } from "node:url";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "../../gen/grpc-js/bench.js";

/** Folder of bench/, seen from where the compiled programs lie (bench/build/js/peers/grpc-js). */
const bench = fileURLToPath(new URL("../../../../", import.meta.url));

/** The service as grpc-js knows it: loaded by proto-loader, typed by its proto-loader-gen-types. */
export const { BenchService } = (
  loadPackageDefinition(
    loadSync(`${bench}proto/bench/v1/bench.proto`, { defaults: true }),
  ) as unknown as ProtoGrpcType
).bench.v1;

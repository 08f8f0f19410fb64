import { fileURLToPath } from "node:url";
import { credentials, loadPackageDefinition } from "@grpc/grpc-js";
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

/** A stub on one channel that is kept. */
export function openStub(endpoint: string) {
  return new BenchService(endpoint, credentials.createInsecure(), {
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.use_local_subchannel_pool": 1,
  });
}

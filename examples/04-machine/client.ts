import { connectTo, createClient, insecure } from "heliograph";
import { MachineService } from "../gen/example/v1/machine_heliograph.js";

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const machine = createClient(connection, MachineService);

for (let reading = 1; reading <= 2; reading++) {
  const { cpuPercent, cores, memoryTotalBytes, memoryFreeBytes } = await machine.load({});
  const used = gigabytes(memoryTotalBytes - memoryFreeBytes);
  console.log(
    `client ${process.pid}`.padEnd(16),
    `cpu ${cpuPercent.toFixed(0).padStart(3)} % of ${cores} cores   memory ${used} of ${gigabytes(memoryTotalBytes)} GB`,
  );
}

function gigabytes(bytes: bigint): string {
  return (Number(bytes) / 1e9).toFixed(1);
}

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { cpus, hostname, totalmem } from "node:os";

/**
 * Tells machines apart, and containers with a network of their own: where it is equal, loopback means the same. Such as
 * `web-1/9c1185a5`: the host's name, and a hash of it, of this run of the system, and of the network namespace. It is
 * another one after a restart of the machine. Where the system tells neither of the latter two, as on macOS and Windows,
 * the hash is of the name and the hardware.
 */
export function hostId(): string {
  const name = hostname();
  const marks = [
    name,
    readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    readOr("", () => readlinkSync("/proc/self/ns/net")),
  ];
  if (marks[1] === "") marks.push(process.platform, String(totalmem()), ...cpus().map(({ model }) => model));
  return `${name}/${createHash("sha256").update(marks.join("\n")).digest("hex").slice(0, 8)}`;
}

function readOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

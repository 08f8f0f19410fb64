import { isIPv4 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

/** What `os.networkInterfaces()` gives. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const LOOPBACK = "127.0.0.1";

/**
 * The IPv4 addresses by which to send and to listen: those that were asked for and are there; when nothing was asked
 * for, all that lead out of this machine, or loopback.
 */
export function addressesOf(
  wanted: readonly string[] | undefined,
  interfaces: Interfaces,
): readonly string[] {
  const there = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family }) => family === "IPv4")
      .map(({ address, internal }) => ({ name, address, internal })),
  );
  if (wanted === undefined) {
    const external = there.filter(({ internal }) => !internal);
    return external.length > 0 ? distinct(external.map(({ address }) => address)) : [LOOPBACK];
  }
  return distinct(
    wanted.flatMap((each) =>
      there
        .filter(({ name, address }) => (isIPv4(each) ? address === each : name === each))
        .map(({ address }) => address),
    ),
  );
}

function distinct(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses)];
}

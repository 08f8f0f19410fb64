import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Towards the second network, or from there to the first. */
export type Way = "there" | "back";

/** Two networks of this machine with a router between them: what the router drops, nobody is told of. */
export interface Networks extends AsyncDisposable {
  /** The command that runs another one in each. */
  readonly inside: readonly [readonly string[], readonly string[]];
  /** The address of each. */
  readonly addresses: readonly [string, string];
  /** Lets nothing through any more. Default: both ways. */
  part(...ways: readonly Way[]): Promise<void>;
  heal(): Promise<void>;
}

/** Whether this machine lets the process make networks: Linux, with the rights of an administrator and `ip`. */
export function canMakeNetworks(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const name = `helio-probe-${process.pid}`;
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function makeNetworks(): Promise<Networks> {
  const names = ["near", "router", "far"].map((part) => `helio-${process.pid}-${part}`);
  const [near = "", router = "", far = ""] = names;
  const addresses = ["10.77.1.2", "10.77.2.2"] as const;
  const sides = [
    { name: near, link: "near", address: addresses[0], gateway: "10.77.1.1" },
    { name: far, link: "far", address: addresses[1], gateway: "10.77.2.1" },
  ];
  const ip = (...args: readonly string[]) => run("ip", args);
  for (const name of names) {
    await ip("netns", "add", name);
    await ip("-n", name, "link", "set", "lo", "up");
  }
  for (const { name, link, address, gateway } of sides) {
    await ip("-n", router, "link", "add", link, "type", "veth", "peer", "name", "out", "netns", name);
    await ip("-n", router, "addr", "add", `${gateway}/24`, "dev", link);
    await ip("-n", router, "link", "set", link, "up");
    await ip("-n", name, "addr", "add", `${address}/24`, "dev", "out");
    await ip("-n", name, "link", "set", "out", "up");
    await ip("-n", name, "route", "add", "default", "via", gateway);
  }
  await ip("netns", "exec", router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  const drops: Readonly<Record<Way, string>> = { there: `${addresses[1]}/32`, back: `${addresses[0]}/32` };
  const parted = new Set<Way>();
  const heal = async () => {
    for (const way of parted) await ip("-n", router, "route", "del", "blackhole", drops[way]);
    parted.clear();
  };
  return {
    inside: [
      ["ip", "netns", "exec", near],
      ["ip", "netns", "exec", far],
    ],
    addresses,
    async part(...ways) {
      for (const way of ways.length === 0 ? (["there", "back"] as const) : ways) {
        await ip("-n", router, "route", "add", "blackhole", drops[way]);
        parted.add(way);
      }
    },
    heal,
    async [Symbol.asyncDispose]() {
      for (const name of names) await ip("netns", "del", name);
    },
  };
}

import { Command } from "commander";
import { HeliographError } from "../core/error.js";
import { LOCAL_REGISTRY } from "../discovery/registries/registries.js";
import { checkEndpoint, isLocal } from "../naming/endpoint.js";
import { insecure } from "../socket/security.js";
import { positive } from "./connect-options.js";
import { Failure, UsageError } from "./failure.js";
import type { Terminal } from "./output/terminal.js";
import { counted } from "./output/units.js";

interface RegistryFlags {
  readonly endpoint: string;
  readonly heartbeatMs?: number;
  readonly remote?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio registry                                             for this machine
  helio registry --endpoint tcp://0.0.0.0:7700 --remote      for a network that you trust
  HELIOGRAPH_REGISTRY=tcp://10.0.0.7:7700 node greeter.js    a node that registers there

On one machine nobody has to run it: the first node serves the registry for all. It keeps all it knows in memory, and
knows everybody again one heartbeat after it is back; until then nodes go on with what they know.`;

/** `helio registry`: a registry, until Ctrl+C. */
export function registryCommand(terminal: Terminal): Command {
  return new Command("registry")
    .summary("run a registry")
    .description("Run a registry, by which nodes find each other, until Ctrl+C.")
    .option("--endpoint <endpoint>", "where to listen", LOCAL_REGISTRY)
    .option("--heartbeat-ms <n>", "how often nodes have to say something (default: 1000)", positive)
    .option("--remote", "listen beyond this machine, although nothing is encrypted")
    .option("--json", "print where it listens as a line of JSON")
    .addHelpText("after", examples)
    .action((flags: RegistryFlags) => registry(flags, terminal));
}

async function registry(flags: RegistryFlags, terminal: Terminal): Promise<void> {
  const { endpoint, heartbeatMs, remote = false } = flags;
  check(endpoint, remote);
  const signal = terminal.interrupted();
  const [{ createNode }, { serveRegistry }] = await Promise.all([
    import("../node/create-node.js"),
    import("../discovery/registry/serve-registry.js"),
  ]);
  const security = insecure({ remote });
  const node = createNode({ name: "registry", security, registries: [] });
  try {
    const { endpoints } = await serveRegistry(node, { endpoint, heartbeatMs });
    tell(endpoints, flags, terminal);
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
  } catch (error) {
    const { reason, rawMessage } = HeliographError.from(error);
    if (reason === "ENDPOINT_TAKEN") throw new Failure(await whoIsThere(endpoint, remote));
    if (reason === "BAD_OPTION") throw new UsageError(rawMessage.replace(/^heartbeatMs/, "--heartbeat-ms"));
    throw error;
  } finally {
    await node.close();
  }
}

function check(endpoint: string, remote: boolean): void {
  try {
    checkEndpoint(endpoint);
  } catch (error) {
    throw new UsageError(`--endpoint: ${HeliographError.from(error).rawMessage}`);
  }
  if (remote || isLocal(endpoint)) return;
  throw new UsageError(
    `--endpoint ${endpoint} can be reached from other machines, and what is sent is not encrypted; add --remote if the network is yours`,
  );
}

function tell(endpoints: readonly string[], { json }: RegistryFlags, terminal: Terminal): void {
  const [endpoint = ""] = endpoints;
  if (json) {
    terminal.json({ endpoint });
    return;
  }
  terminal.print(`registry at ${terminal.colours.bold(endpoint)}; Ctrl+C stops it`);
  const found =
    endpoint === LOCAL_REGISTRY
      ? "nodes of this machine look for it there"
      : `nodes look for it there with HELIOGRAPH_REGISTRY=${reachable(endpoint)}`;
  terminal.print(terminal.colours.dim(found));
}

/** An address that stands for all of this machine's is of no use to others. */
function reachable(endpoint: string): string {
  return endpoint.replace(/^tcp:\/\/(0\.0\.0\.0|\*|\[::\]):/, "tcp://<this host>:");
}

async function whoIsThere(endpoint: string, remote: boolean): Promise<string[]> {
  const { Lookup } = await import("./lookup/lookup.js");
  const settings = {
    registries: [endpoint],
    endpoints: [],
    security: insecure({ remote }),
    timeoutMs: 1_000,
  };
  await using lookup = new Lookup(settings);
  const [there] = (await lookup.survey()).registries;
  const other = "choose another with --endpoint";
  if (there?.registry === undefined) return [`something else listens at ${endpoint}; ${other}`];
  return [
    `a registry runs at ${endpoint} already, and knows ${counted(there.instances, "instance")}: there is nothing to do`,
    `it may be served by a node of this machine: when that goes, another takes over; for a second registry, ${other}`,
  ];
}

import { Command } from "commander";
import { HeliographError } from "../core/error.js";
import { LOCAL_REGISTRY, REGISTRY_VARIABLE } from "../discovery/registries/registries.js";
import { insecure } from "../socket/security.js";
import { positive } from "./connect-options.js";
import { Failure, UsageError } from "./failure.js";
import { nameOf } from "./lookup/instance-name.js";
import type { Terminal } from "./output/terminal.js";
import { counted } from "./output/units.js";
import { type RegistryPlace, registryPlace } from "./registry/registry-place.js";

interface RegistryFlags {
  readonly endpoint?: string;
  readonly heartbeatMs?: number;
  readonly remote?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  helio registry                                             for this machine
  helio registry --endpoint local:7701                       for this machine, at another port
  helio registry --endpoint tcp://0.0.0.0:7700 --remote      for a network that you trust
  HELIOGRAPH_REGISTRY=tcp://10.0.0.7:7700 node greeter.js    a node that registers there

On one machine nobody has to run it: the first node serves the registry for all. It keeps all it knows in memory, and
knows everybody again one heartbeat after it is back; until then nodes go on with what they know. The exit code is 1
when it can't listen: where a registry runs already, one more is not needed, and the text says who serves it.`;

/** `helio registry`: a registry, until Ctrl+C. */
export function registryCommand(terminal: Terminal): Command {
  return new Command("registry")
    .summary("run a registry")
    .description("Run a registry, by which nodes find each other, until Ctrl+C.")
    .option(
      "--endpoint <endpoint>",
      `where to listen; local:7701 is another port of this machine (default: ${REGISTRY_VARIABLE}, else ${LOCAL_REGISTRY})`,
    )
    .option("--heartbeat-ms <n>", "how often nodes have to say something (default: 1000)", positive)
    .option("--remote", "listen beyond this machine, although nothing is encrypted")
    .option("--json", "print where it listens as a line of JSON")
    .addHelpText("after", examples)
    .action((flags: RegistryFlags) => registry(flags, terminal));
}

async function registry(flags: RegistryFlags, terminal: Terminal): Promise<void> {
  const { heartbeatMs, remote = false } = flags;
  const place = registryPlace(flags.endpoint, terminal.env[REGISTRY_VARIABLE], remote);
  const { endpoint } = place;
  const signal = terminal.interrupted();
  const [{ createNode }, { serveRegistry }] = await Promise.all([
    import("../node/create-node.js"),
    import("../discovery/registry/serve-registry.js"),
  ]);
  const security = insecure({ remote });
  const node = createNode({ name: "registry", security, registries: [] });
  try {
    const { endpoints } = await serveRegistry(node, { endpoint, heartbeatMs });
    tell(endpoints, place, flags, terminal);
    if (!signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }
  } catch (error) {
    const { reason, rawMessage } = HeliographError.from(error);
    if (reason === "ENDPOINT_TAKEN") throw new Failure(await whoIsThere(place, remote));
    if (reason === "BAD_OPTION") throw new UsageError(rawMessage.replace(/^heartbeatMs/, "--heartbeat-ms"));
    throw error;
  } finally {
    await node.close();
  }
}

function tell(
  endpoints: readonly string[],
  { written }: RegistryPlace,
  { json }: RegistryFlags,
  terminal: Terminal,
): void {
  const [endpoint = ""] = endpoints;
  if (json) {
    terminal.json({ endpoint });
    return;
  }
  terminal.print(`registry at ${terminal.colours.bold(endpoint)}; Ctrl+C stops it`);
  const found =
    endpoint === LOCAL_REGISTRY
      ? "nodes of this machine look for it there"
      : `nodes look for it there with ${REGISTRY_VARIABLE}=${written ?? reachable(endpoint)}`;
  terminal.print(terminal.colours.dim(found));
}

/** An address that stands for all of this machine's is of no use to others. */
function reachable(endpoint: string): string {
  return endpoint.replace(/^tcp:\/\/(0\.0\.0\.0|\*|\[::\]):/, "tcp://<this host>:");
}

async function whoIsThere({ endpoint, written }: RegistryPlace, remote: boolean): Promise<string[]> {
  const { Lookup } = await import("./lookup/lookup.js");
  const settings = { security: insecure({ remote }), timeoutMs: 1_000 };
  await using registries = new Lookup({ ...settings, registries: [endpoint], endpoints: [] });
  await using nodes = new Lookup({ ...settings, registries: [], endpoints: [endpoint] });
  const [{ registries: answers }, { instances }] = await Promise.all([registries.survey(), nodes.survey()]);
  const [there] = answers;
  const other = "choose another with --endpoint";
  if (there?.registry === undefined) return [`something else listens at ${endpoint}; ${other}`];
  const served = instances.map((node) => `, served by ${nameOf(node)} in process ${node.processId}`).join("");
  const lasts =
    endpoint === LOCAL_REGISTRY || written !== undefined
      ? ", and when that process ends a node of this machine takes over"
      : "";
  return [
    `a registry runs at ${endpoint} already${served}, and knows ${counted(there.instances, "instance")}`,
    `nothing has to be started: nodes find each other by it${lasts}; for a second registry, ${other}`,
  ];
}

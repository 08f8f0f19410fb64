import { systemClock } from "../../core/clock.js";
import type { HeliographError } from "../../core/error.js";
import type { Logger } from "../../core/logger.js";
import { Directory } from "../../discovery/directory/directory.js";
import { InstanceChanges, type InstanceEvent } from "../../discovery/directory/instance-changes.js";
import { registryResolver } from "../../discovery/registries/registry-resolver.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { ConnectSettings } from "../connect-options.js";
import { connect } from "../lookup/reach.js";

/** Told of what happens. */
export interface NodeListener {
  happened(event: InstanceEvent): void;
  /** A registry can't be asked any more, or can be again. What was known stays known. */
  lost(registry: string, error: HeliographError): void;
  back(registry: string): void;
}

/** What the registries know is looked at as it is: no endpoint is left out because this machine can't reach it. */
const ANYWHERE = "";
/** The listener is told of all that a log would say. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const IDLE = { loopLagMs: 0, loopUtilization: 0, callsInFlight: 0, memoryBytes: 0 };

/**
 * Follows the instances that some registries know, and that are wanted, until the signal fires: first those that are
 * there, then each that comes, changes or goes. Is not announced. Never rejects.
 */
export async function watchNodes(
  settings: ConnectSettings,
  wanted: (instance: InstanceInfo) => boolean,
  signal: AbortSignal,
  listener: NodeListener,
): Promise<void> {
  const connector = { connect: (endpoint: string) => connect([endpoint], settings) };
  const resolvers = settings.registries.map((endpoint) => ({
    endpoint,
    resolver: registryResolver({ endpoint, connector }),
  }));
  const endpointOf = (name: string) =>
    resolvers.find(({ resolver }) => resolver.name === name)?.endpoint ?? name;
  const directory = new Directory(
    resolvers.map(({ resolver }) => resolver),
    {
      clock: systemClock,
      logger: silent,
      host: ANYWHERE,
      load: () => IDLE,
      lost: (name, error) => listener.lost(endpointOf(name), error),
      back: (name) => listener.back(endpointOf(name)),
    },
  );
  const changes = new InstanceChanges();
  directory.watch("", {
    update(instances) {
      changes.update(instances.filter(wanted));
      for (let event = changes.next(); event !== undefined; event = changes.next()) listener.happened(event);
    },
    // `lost` says of each registry why.
    failed() {},
  });
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  await directory.close();
}

import { type HeliographError, invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { addressInstance } from "../../naming/address-instance.js";
import { checkEndpoints } from "../../naming/endpoint.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { OpenResolver, Resolver, ResolverHost } from "../../naming/resolver.js";
import { showValue } from "../../wire/show-value.js";
import { InstanceListeners } from "../instance-listeners.js";
import { checkLabels } from "../labels.js";
import { type ServiceOrName, serviceNames } from "../service-names.js";

/** Where services are. */
export interface FixedAddresses {
  /** Services, topics, or their full names. */
  readonly services: readonly ServiceOrName[];
  /** Each is an instance of its own, which serves, or publishes, all of `services`. */
  readonly endpoints: readonly string[];
  /** What balancers may choose by, such as `{ zone: "eu-1" }`. Default: none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * Addresses that are known beforehand, and never change. Nothing is known of the instances but what is said here;
 * whether they are there, connections tell. An endpoint in several entries is one instance with the services and labels
 * of all of them.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value
 */
export function fixed(addresses: readonly FixedAddresses[]): Resolver {
  if (!Array.isArray(addresses)) throw notAList(addresses);
  const instances = instancesOf(addresses);
  return { name: "fixed", open: (host) => openList(instances, host) };
}

function instancesOf(addresses: readonly FixedAddresses[]): readonly InstanceInfo[] {
  const known = new Map<string, { services: readonly string[]; labels: Readonly<Record<string, string>> }>();
  for (const entry of addresses) {
    if (typeof entry !== "object" || entry === null) throw notAList(entry);
    checkOptionNames("an entry of fixed()", entry, ["services", "endpoints", "labels"]);
    const { services, endpoints } = entry;
    const names = serviceNames(services);
    checkEndpoints(endpoints);
    const labels = checkLabels(entry.labels);
    for (const endpoint of endpoints) {
      const before = known.get(endpoint);
      known.set(endpoint, {
        services: [...new Set([...(before?.services ?? []), ...names])],
        labels: { ...before?.labels, ...labels },
      });
    }
  }
  return [...known].map(([endpoint, details]) => addressInstance(endpoint, { ...details, version: 1 }));
}

function notAList(value: unknown): HeliographError {
  return invalidArgument(
    `fixed() takes a list such as [{ services: [GreeterService], endpoints: ["tcp://10.0.0.7:5555"] }], got ${showValue(value)}`,
  );
}

function openList(instances: readonly InstanceInfo[], { logger }: ResolverHost): OpenResolver {
  const watches = new Set<InstanceListeners>();
  return {
    watch: (service, listener) => {
      const some = instances.filter(
        ({ services }) => service === "" || services.some(({ name }) => name === service),
      );
      const listeners = new InstanceListeners(logger);
      watches.add(listeners);
      listeners.add(listener);
      listeners.update(() => some);
      return () => {
        listeners.close();
        watches.delete(listeners);
      };
    },
    close: async () => {
      for (const listeners of watches) listeners.close();
      watches.clear();
    },
  };
}

import { invalidArgument } from "../core/error.js";
import type { ServiceDefinition } from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";

/** A service, or its full name. */
export type ServiceOrName = Pick<ServiceDefinition, "$service"> | string;

const NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/**
 * Full names, each once.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a list of at least one service or name
 */
export function serviceNames(services: readonly ServiceOrName[]): readonly string[] {
  if (!Array.isArray(services) || services.length === 0) {
    throw invalidArgument(
      `services must be a list such as [GreeterService] or ["example.v1.GreeterService"], got ${showValue(services)}`,
    );
  }
  return [...new Set(services.map(nameOf))];
}

function nameOf(service: ServiceOrName | null | undefined): string {
  const name = typeof service === "string" ? service : service?.$service;
  if (typeof name === "string" && NAME.test(name)) return name;
  throw invalidArgument(
    `services: ${showValue(service)} is neither a service nor its full name; write GreeterService or "example.v1.GreeterService"`,
  );
}

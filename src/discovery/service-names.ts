import { invalidArgument } from "../core/error.js";
import type { ServiceDefinition, Topic } from "../wire/definition.js";
import { showValue } from "../wire/show-value.js";

/** A service, a topic, or the full name of one: `example.v1.RobotService`, `example.v1.RobotService/Temperature`. */
export type ServiceOrName = Pick<ServiceDefinition, "$service"> | Pick<Topic, "kind" | "path"> | string;

const NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\/[A-Za-z_]\w*)?$/;

/**
 * Full names, each once.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it is a list of at least one of them
 */
export function serviceNames(services: readonly ServiceOrName[]): readonly string[] {
  if (!Array.isArray(services) || services.length === 0) {
    throw invalidArgument(
      `services must be a list such as [GreeterService] or ["example.v1.GreeterService"], got ${showValue(services)}`,
    );
  }
  return [...new Set(services.map(nameOf))];
}

function nameOf(service: ServiceOrName): string {
  const name = fullName(service);
  if (typeof name === "string" && NAME.test(name)) return name;
  throw invalidArgument(
    `services: ${showValue(service)} is neither a service nor a topic, nor the full name of one; write GreeterService, RobotService.temperature or "example.v1.GreeterService"`,
  );
}

function fullName(service: ServiceOrName | null | undefined): unknown {
  if (typeof service !== "object" || service === null) return service;
  if ("kind" in service) return service.kind === "topic" ? service.path : undefined;
  return service.$service;
}

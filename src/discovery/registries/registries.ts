import { HeliographError, invalidArgument } from "../../core/error.js";
import { checkEndpoint, schemeOf } from "../../naming/endpoint.js";
import { showValue } from "../../wire/show-value.js";

/** The environment variable that names the registries of a machine. */
export const REGISTRY_VARIABLE = "HELIOGRAPH_REGISTRY";
/** Where the registry of a machine is, unless something else was said. */
export const LOCAL_REGISTRY = "tcp://127.0.0.1:7700";

/** Beyond this, every node would say everything too often. */
const MAX_REGISTRIES = 16;

/** One of the registries of a node. */
export interface RegistryAddress {
  readonly endpoint: string;
  /** Nobody has to start it: a node that finds nobody there serves it. */
  readonly local: boolean;
}

/** What tells which registries there are. */
export interface RegistrySettings {
  /** The option `registries`; undefined when it was not given. */
  readonly registries: readonly string[] | undefined;
  /** The value of HELIOGRAPH_REGISTRY; undefined when it is not set. */
  readonly variable: string | undefined;
  /** `anyEndpoint` of the network in the place of real sockets; undefined with real ones. */
  readonly anyEndpoint?: string | undefined;
}

/**
 * Which registries a node registers with, and asks: those of the option, else of the environment variable, else the
 * registry of this machine. `local` stands for the latter, and `local:7701` for one at another port. An endpoint that is
 * given is that of a registry that somebody runs; only the registry of this machine is served by nodes, as is what is
 * given with its address.
 *
 * With a network in the place of real sockets the variable counts only when it is `off`, and the registry of the machine
 * is `memory://registry`.
 *
 * @throws HeliographError INVALID_ARGUMENT that names the option or variable, quotes the value and says what to write
 */
export function registriesFrom(settings: RegistrySettings): readonly RegistryAddress[] {
  const { registries, variable, anyEndpoint } = settings;
  const own = anyEndpoint === undefined ? LOCAL_REGISTRY : `${schemeOf(anyEndpoint)}://registry`;
  if (registries !== undefined) return addresses(checkList(registries), "registries", own);
  const text = variable?.trim() ?? "";
  if (text === "off") return [];
  if (text === "" || anyEndpoint !== undefined) return [{ endpoint: own, local: true }];
  const list = text.split(",").map((each) => each.trim());
  return addresses(
    list.filter((each) => each !== ""),
    REGISTRY_VARIABLE,
    own,
  );
}

function addresses(list: readonly string[], from: string, own: string): readonly RegistryAddress[] {
  if (list.length > MAX_REGISTRIES)
    throw invalidArgument(
      `${from} names ${list.length} registries, and a node has at most ${MAX_REGISTRIES}`,
    );
  const byEndpoint = new Map(
    list.map((text) => readAddress(text, from, own)).map((each) => [each.endpoint, each]),
  );
  return [...byEndpoint.values()];
}

function readAddress(text: string, from: string, own: string): RegistryAddress {
  if (text === "local") return { endpoint: own, local: true };
  if (typeof text === "string" && text.startsWith("local:")) {
    const port = /^\d{1,5}$/.test(text.slice(6)) ? Number(text.slice(6)) : 0;
    if (port > 0 && port < 65_536) return { endpoint: `tcp://127.0.0.1:${port}`, local: true };
    throw invalidArgument(
      `${from}: ${showValue(text)} has no port of this machine: write local:7701 with a port from 1 to 65535, or local for ${own}`,
    );
  }
  if (text === "off") {
    const none =
      from === REGISTRY_VARIABLE
        ? "off stands alone, for none"
        : "off is for HELIOGRAPH_REGISTRY; write [] for none";
    throw invalidArgument(`${from}: "off" is no registry: ${none}`);
  }
  try {
    checkEndpoint(text);
  } catch (error) {
    const more = from === REGISTRY_VARIABLE ? "; several are separated by commas, and off is for none" : "";
    throw invalidArgument(
      `${from}: ${HeliographError.from(error).rawMessage}; or local for the registry of this machine${more}`,
    );
  }
  if (text.endsWith(":*")) {
    throw invalidArgument(
      `${from}: ${showValue(text)} says nothing of where the registry is; write its port`,
    );
  }
  return { endpoint: text, local: text === own };
}

function checkList(registries: unknown): readonly string[] {
  if (Array.isArray(registries)) return registries;
  throw invalidArgument(
    `registries must be a list such as ["tcp://10.0.0.7:7700"], or [] for none, got ${showValue(registries)}`,
  );
}

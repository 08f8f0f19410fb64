import { HeliographError } from "../../core/error.js";
import { LOCAL_REGISTRY, REGISTRY_VARIABLE, registriesFrom } from "../../discovery/registries/registries.js";
import { checkEndpoint, isLocal } from "../../naming/endpoint.js";
import { UsageError } from "../failure.js";

/** Where a registry is to listen. */
export interface RegistryPlace {
  readonly endpoint: string;
  /** How it was written, where that is `local:7701` or the like: nodes that are told so serve it when it is gone. */
  readonly written: string | undefined;
}

const LOCAL = /^local(:.*)?$/;

/**
 * Where `helio registry` listens: at `--endpoint`, else where HELIOGRAPH_REGISTRY says that the registry is; of several,
 * at the one that is on this machine. Without both, at the registry of this machine.
 *
 * @param option the value of `--endpoint`
 * @param variable the value of HELIOGRAPH_REGISTRY
 * @param remote whether other machines may reach it
 * @throws UsageError that quotes what can't be used
 */
export function registryPlace(
  option: string | undefined,
  variable: string | undefined,
  remote: boolean,
): RegistryPlace {
  const from = option === undefined ? REGISTRY_VARIABLE : "--endpoint";
  const endpoint = option === undefined ? ofVariable(variable) : ofOption(option);
  const written = (option ?? variable ?? "").split(",").find((each) => LOCAL.test(each.trim()));
  if (remote || isLocal(endpoint)) return { endpoint, written: written?.trim() };
  throw new UsageError(
    `${from} ${endpoint} can be reached from other machines, and what is sent is not encrypted; add --remote if the network is yours`,
  );
}

function ofOption(option: string): string {
  return refusing("--endpoint", () => {
    const [local] = LOCAL.test(option) ? registriesFrom({ registries: [option], variable: undefined }) : [];
    if (local !== undefined) return local.endpoint;
    checkEndpoint(option);
    return option;
  });
}

function ofVariable(variable: string | undefined): string {
  const named = refusing(REGISTRY_VARIABLE, () => registriesFrom({ registries: undefined, variable }));
  const [first, ...others] = named;
  if (first === undefined) return LOCAL_REGISTRY;
  if (others.length === 0) return first.endpoint;
  const [here, ...more] = named.filter(({ endpoint }) => isLocal(endpoint));
  if (here !== undefined && more.length === 0) return here.endpoint;
  throw new UsageError(
    `${REGISTRY_VARIABLE} names ${named.map(({ endpoint }) => endpoint).join(", ")}; say at which of them with --endpoint`,
  );
}

function refusing<T>(from: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { rawMessage } = HeliographError.from(error);
    throw new UsageError(
      `${from}: ${rawMessage.replace(new RegExp(`^(registries|${REGISTRY_VARIABLE}): `), "")}`,
    );
  }
}

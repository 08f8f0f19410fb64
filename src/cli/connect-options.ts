import { type Command, InvalidArgumentError } from "commander";
import { HeliographError } from "../core/error.js";
import { LOCAL_REGISTRY, REGISTRY_VARIABLE, registriesFrom } from "../discovery/registries/registries.js";
import { checkEndpoint, isLocal } from "../naming/endpoint.js";
import { insecure, type Security } from "../socket/security.js";
import { UsageError } from "./failure.js";

/** What the options of `connectOptions` say. */
export interface ConnectFlags {
  readonly registry?: readonly string[];
  readonly endpoint?: readonly string[];
  readonly timeoutMs: number;
  readonly remote?: boolean;
}

/** Where a verb looks, and how it connects. */
export interface ConnectSettings {
  /** Empty when endpoints say where the nodes are. */
  readonly registries: readonly string[];
  /** Of nodes, in the place of discovery. */
  readonly endpoints: readonly string[];
  readonly security: Security;
  /** How long each answer may take. */
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 2_000;
const HEADING = "Where to look:";
const MOST_SECONDS = 86_400;

/** Adds the options of verbs that look for nodes. */
export function connectOptions(command: Command): Command {
  command
    .optionsGroup(HEADING)
    .option("--endpoint <endpoint>", "ask this node, and no registry; may be repeated", collected);
  return registryOptions(command);
}

/** Adds the options of verbs that registries alone can answer. */
export function registryOptions(command: Command): Command {
  return command
    .optionsGroup(HEADING)
    .option(
      "--registry <endpoint>",
      `ask this registry; may be repeated (default: ${REGISTRY_VARIABLE}, else ${LOCAL_REGISTRY})`,
      collected,
    )
    .option("--timeout-ms <n>", "how long each answer may take", positive, TIMEOUT_MS)
    .option("--remote", "connect to other machines, although nothing is encrypted")
    .optionsGroup("Options:");
}

/**
 * What the options and the environment come to.
 *
 * @throws UsageError that quotes what can't be used
 */
export function connectSettings(
  flags: ConnectFlags,
  env: Readonly<Record<string, string | undefined>>,
): ConnectSettings {
  const { registry, endpoint: endpoints = [], timeoutMs, remote = false } = flags;
  if (registry !== undefined && endpoints.length > 0) {
    throw new UsageError("--endpoint asks a node without a registry; leave out --registry or --endpoint");
  }
  for (const each of endpoints) checked("--endpoint", () => checkEndpoint(each));
  const registries = endpoints.length > 0 ? [] : readRegistries(registry, env[REGISTRY_VARIABLE]);
  checkReach(endpoints, "--endpoint", remote);
  checkReach(registries, registry === undefined ? REGISTRY_VARIABLE : "--registry", remote);
  return { registries, endpoints: [...new Set(endpoints)], security: insecure({ remote }), timeoutMs };
}

/** For an option that may be repeated. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** For an option that takes a whole number above zero. */
export function positive(value: string): number {
  const number = whole(value);
  if (number > 0) return number;
  throw new InvalidArgumentError("It must be above 0.");
}

/** For an option that takes a number of seconds above zero. */
export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && number <= MOST_SECONDS) return number;
  throw new InvalidArgumentError(`It must be a number of seconds above 0, at most ${MOST_SECONDS}.`);
}

/** For an option that says how often each second. */
export function rate(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** For an option that takes a whole number, zero included. */
export function whole(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It must be a whole number.");
}

function readRegistries(
  registry: readonly string[] | undefined,
  variable: string | undefined,
): readonly string[] {
  const found = checked("--registry", () => registriesFrom({ registries: registry, variable }));
  if (found.length > 0) return found.map(({ endpoint }) => endpoint);
  throw new UsageError(
    `${REGISTRY_VARIABLE} is off, so there is no registry to ask; name one with --registry, or a node with --endpoint`,
  );
}

/** What the kit says of options of its functions, in words of the command. */
function checked<T>(option: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const { rawMessage } = HeliographError.from(error);
    if (rawMessage.startsWith(REGISTRY_VARIABLE)) throw new UsageError(rawMessage);
    throw new UsageError(`${option}: ${rawMessage.replace(/^registries: /, "")}`);
  }
}

function checkReach(endpoints: readonly string[], option: string, remote: boolean): void {
  const far = remote ? undefined : endpoints.find((endpoint) => !isLocal(endpoint));
  if (far === undefined) return;
  throw new UsageError(
    `${option} ${far} is another machine, and what is sent there is not encrypted; add --remote to connect nevertheless`,
  );
}

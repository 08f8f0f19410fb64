import { type Command, InvalidArgumentError } from "commander";
import { messageOf } from "../core/error.js";
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

/** Where the first node of a machine serves the registry, and all others look for it. */
export const LOCAL_REGISTRY = "tcp://127.0.0.1:7700";
const TIMEOUT_MS = 2_000;

/** Adds the options of verbs that look for nodes. */
export function connectOptions(command: Command): Command {
  return command
    .optionsGroup("Where to look:")
    .option(
      "--registry <endpoint>",
      `ask this registry; may be repeated (default: HELIOGRAPH_REGISTRY, else ${LOCAL_REGISTRY})`,
      collected,
    )
    .option("--endpoint <endpoint>", "ask this node, and no registry; may be repeated", collected)
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
  const registries = endpoints.length > 0 ? [] : (registry ?? registriesOf(env));
  checkAll(endpoints, "--endpoint", remote);
  checkAll(registries, registry === undefined ? "HELIOGRAPH_REGISTRY" : "--registry", remote);
  return {
    registries: [...new Set(registries)],
    endpoints: [...new Set(endpoints)],
    security: insecure({ remote }),
    timeoutMs,
  };
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

/** For an option that takes a whole number, zero included. */
export function whole(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It must be a whole number.");
}

function registriesOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const told = env["HELIOGRAPH_REGISTRY"]?.trim();
  if (told === "off") {
    throw new UsageError(
      "HELIOGRAPH_REGISTRY is off, so there is no registry to ask; name one with --registry, or a node with --endpoint",
    );
  }
  if (told === undefined || told === "") return [LOCAL_REGISTRY];
  return told.split(",").map((endpoint) => endpoint.trim());
}

function checkAll(endpoints: readonly string[], option: string, remote: boolean): void {
  for (const endpoint of endpoints) {
    try {
      checkEndpoint(endpoint);
    } catch (error) {
      throw new UsageError(`${option}: ${messageOf(error).replace(/^INVALID_ARGUMENT: /, "")}`);
    }
    if (!remote && !isLocal(endpoint)) {
      throw new UsageError(
        `${option} ${endpoint} is another machine, and what is sent there is not encrypted; add --remote to connect nevertheless`,
      );
    }
  }
}

import type { BackoffOptions } from "../core/backoff.js";
import type { Clock } from "../core/clock.js";
import { invalidArgument } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import type { Balancer } from "../naming/balancer.js";
import type { Resolver } from "../naming/resolver.js";
import type { LogLevel } from "../pubsub/logs/log-record.js";
import type { Security } from "../socket/security.js";
import type { SocketFactory, Tap } from "../socket/socket.js";
import type { LimitOptions } from "../wire/limits.js";
import type { LogThreshold } from "./log-level.js";

/** What nodes and connections have in common. */
export interface CommonOptions {
  /** Required, so that nothing is insecure by silence: `insecure()`. */
  readonly security: Security;
  /** What peers may send; see `Limits` for units and defaults. */
  readonly limits?: LimitOptions | undefined;
  /**
   * How long a peer whose connection stands may answer no ping, or leave a full window unread, before it is cut off, in
   * milliseconds. A loop that is blocked for less loses no session. Default 30,000.
   */
  readonly stallMs?: number | undefined;
  /** Sees every message of every socket, may change or drop it. */
  readonly tap?: Tap | undefined;
  /** In the place of real sockets: `memoryNetwork()` in tests. */
  readonly network?: SocketFactory | undefined;
  readonly clock?: Clock | undefined;
  /** Default: standard error. */
  readonly logger?: Logger | undefined;
}

/** What a node is made of. */
export interface NodeOptions extends CommonOptions {
  /** Letters, digits, `-`, `_` and `.`, at most 64. Peers and logs show it. */
  readonly name: string;
  /**
   * A handler threw something that is not a HeliographError, or returned something that is not its message.
   * Default: it is logged.
   */
  readonly onError?: ((error: unknown, path: string) => void) | undefined;
  /** Somebody called what nobody serves here. Default: nothing; the caller gets UNIMPLEMENTED. */
  readonly onUnhandled?: ((path: string) => void) | undefined;
  /**
   * Registries to register with and to ask, such as `["tcp://10.0.0.7:7700"]`; `[]` for none. Default: those of the
   * environment variable HELIOGRAPH_REGISTRY, separated by commas (`off` for none), else `tcp://127.0.0.1:7700`, which
   * the first node that finds nobody there serves itself.
   */
  readonly registries?: readonly string[] | undefined;
  /** Further ways to find instances, and to be found: `dns()`, `etcd()`, `beacon()`, `fixed()`. Default: none. */
  readonly resolvers?: readonly Resolver[] | undefined;
  /** How calls are spread over instances, unless a client says otherwise. Default `roundRobin()`. */
  readonly balancer?: Balancer | undefined;
  /** What others may choose instances by, such as `{ zone: "eu-1" }`: up to 64 names with one line of text each. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Where others reach this node, when that is not where it listens: `["tcp://greeter.example.org:5555"]`. Default: the
   * addresses of this machine, for an endpoint that listens on all of them.
   */
  readonly advertise?: readonly string[] | undefined;
  /**
   * The least that is logged: `debug` is all, `silent` nothing. Default `warn`; `debug` with a `logger` of one's own, which
   * most often has a level itself.
   */
  readonly logLevel?: LogThreshold | undefined;
  /**
   * Publishes what is logged through `node.logger`, by the kit and by the program, and is at least so loud, whatever
   * `logLevel` says: `helio logs` shows it, with the last 100 records of each level. The node listens then, as for any
   * topic. Default: nothing is published.
   */
  readonly publishLogs?: LogLevel | undefined;
  /** Whether others may pause, drain and stop the node. Default false. */
  readonly control?: boolean | undefined;
  /** How long a call waits for instances to be found and connected, in milliseconds. Default 2,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Between attempts to connect to an instance. Default 200 ms, doubling to 20 s, half of it left to chance. */
  readonly backoff?: BackoffOptions | undefined;
}

/** How a connection is made. */
export interface ConnectOptions extends CommonOptions {
  /** What the server will call this client. Default `client`. */
  readonly name?: string | undefined;
  /** How long a call waits for a connection, and a connection for its server, in milliseconds. Default 2,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Between rounds of attempts. Default 200 ms, doubling to 20 s, half of it left to chance. */
  readonly backoff?: BackoffOptions | undefined;
}

/** The default of `stallMs`. */
export const STALL_MS = 30_000;
/** The default of `connectTimeoutMs`. */
export const CONNECT_TIMEOUT_MS = 2_000;

const common: readonly (keyof CommonOptions)[] = [
  "security",
  "limits",
  "tap",
  "network",
  "clock",
  "logger",
  "stallMs",
];
/** The names of `NodeOptions` and `ConnectOptions`, for `checkOptionNames`. */
export const nodeOptionNames: readonly (keyof NodeOptions)[] = [
  "name",
  ...common,
  "onError",
  "onUnhandled",
  "registries",
  "resolvers",
  "balancer",
  "labels",
  "advertise",
  "logLevel",
  "publishLogs",
  "control",
  "connectTimeoutMs",
  "backoff",
];
export const connectOptionNames: readonly (keyof ConnectOptions)[] = [
  "name",
  ...common,
  "connectTimeoutMs",
  "backoff",
];

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** @throws HeliographError INVALID_ARGUMENT that quotes the value, unless it can be the name of a node */
export function checkName(name: unknown): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  throw invalidArgument(
    `name must have 1 to 64 letters, digits, "-", "_" or ".", got ${JSON.stringify(name) ?? String(name)}`,
  );
}

/**
 * A positive number of milliseconds, or the default.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the value
 */
export function checkMs(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw invalidArgument(`${name} must be a positive number of milliseconds, got ${String(value)}`);
}

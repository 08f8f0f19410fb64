import { invalidArgument } from "../../core/error.js";
import { checkOptionNames } from "../../core/option-names.js";
import { show } from "../../naming/option-checks.js";

/** How to reach an etcd over TLS; all of it PEM. */
export interface EtcdTls {
  /** Who vouches for etcd's certificate. Default: the authorities that Node knows. */
  readonly ca?: string | Uint8Array | undefined;
  /** The certificate of this program, for an etcd that asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

/** Which etcd, and how it is used. */
export interface EtcdOptions {
  /**
   * Where the members of one etcd cluster answer clients, such as `["http://127.0.0.1:2379"]`. One is used; when it
   * fails, the next.
   */
  readonly endpoints: readonly string[];
  /** What all keys begin with. Nodes with different prefixes don't see each other. Default `heliograph/`. */
  readonly prefix?: string | undefined;
  /**
   * How long a node that says nothing stays known, in milliseconds: whole seconds, rounded up, and no less than etcd
   * grants. A node speaks up three times as often. Default 10,000.
   */
  readonly leaseTtlMs?: number | undefined;
  /** A user of etcd's that may read and write all keys of the prefix; needs `password`. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** For endpoints that begin with `https`. */
  readonly tls?: EtcdTls | undefined;
}

/** `EtcdOptions` that were checked, with all defaults filled in. */
export interface EtcdSettings {
  readonly endpoints: readonly URL[];
  readonly prefix: string;
  readonly leaseTtlMs: number;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  readonly tls: { readonly [K in keyof EtcdTls]: string };
}

const optionNames: readonly (keyof EtcdOptions)[] = [
  "endpoints",
  "prefix",
  "leaseTtlMs",
  "username",
  "password",
  "tls",
];
const MAX_TTL_MS = 3_600_000;

/** @throws HeliographError INVALID_ARGUMENT that quotes the option, if it is none that must be kept secret */
export function etcdSettings(options: EtcdOptions): EtcdSettings {
  checkOptionNames("etcd()", options, optionNames);
  const { endpoints, prefix = "heliograph/" } = options;
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw invalidArgument(
      `endpoints must be a list such as ["http://127.0.0.1:2379"], got ${show(endpoints)}`,
    );
  }
  if (typeof prefix !== "string" || prefix === "") {
    throw invalidArgument(`prefix must be a text such as "heliograph/", got ${show(prefix)}`);
  }
  return {
    endpoints: endpoints.map(endpointUrl),
    prefix,
    leaseTtlMs: leaseTtl(options.leaseTtlMs),
    user: userOf(options),
    tls: tlsOf(options.tls ?? {}),
  };
}

function endpointUrl(endpoint: unknown): URL {
  const url = typeof endpoint === "string" && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && (url.username !== "" || url.password !== "")) {
    throw invalidArgument("an endpoint of etcd() holds a password: give username and password as options");
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalidArgument(
    `${show(endpoint)} is not an endpoint of etcd: write http://host:2379 or https://host:2379`,
  );
}

function leaseTtl(ms = 10_000): number {
  if (typeof ms === "number" && ms > 0 && ms <= MAX_TTL_MS) return Math.ceil(ms / 1_000) * 1_000;
  throw invalidArgument(`leaseTtlMs must be a number of milliseconds, up to an hour, got ${show(ms)}`);
}

function userOf({ username, password }: EtcdOptions): EtcdSettings["user"] {
  if (username === undefined && password === undefined) return undefined;
  if (typeof username !== "string" || username === "" || typeof password !== "string") {
    throw invalidArgument("username and password of etcd() must both be texts, or both be left out");
  }
  return { name: username, password };
}

function tlsOf(tls: EtcdTls): EtcdSettings["tls"] {
  checkOptionNames("tls of etcd()", tls, ["ca", "cert", "key"]);
  const given = Object.entries(tls).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (typeof value === "string" || value instanceof Uint8Array)
      return [[name, Buffer.from(value).toString()]];
    throw invalidArgument(`tls.${name} of etcd() must be PEM: a text, or bytes`);
  });
  return Object.fromEntries(given);
}

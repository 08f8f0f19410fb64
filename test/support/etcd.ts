import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { etcdProgram } from "../../scripts/etcd.mjs";
import { etcd } from "../../src/discovery/etcd/etcd.js";
import type { EtcdOptions } from "../../src/discovery/etcd/etcd-options.js";
import type { Announcement } from "../../src/naming/instance.js";
import type { OpenResolver, ResolverHost } from "../../src/naming/resolver.js";
import { within } from "./within.js";

const START_MS = 45_000;

/** An etcd of a test, with a folder and a port of its own. */
export interface EtcdServer extends AsyncDisposable {
  /** Where it answers, such as `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  /** Its certificate, when it was started with `tls`. */
  certificate(): Promise<string>;
  start(): Promise<void>;
  /** Ends it; its data stay. */
  kill(): Promise<void>;
  /** Stops it as if its machine were gone: its connections stand, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Forgets all data, while it is not running. */
  empty(): Promise<void>;
  /** A request in JSON, such as `ask("/v3/kv/range", { key: base64 })`. @throws Error with the answer when it is an error */
  ask(path: string, body: object): Promise<Record<string, unknown>>;
}

export interface EtcdServerOptions {
  readonly tls?: boolean;
  /** Of one cluster: which member this is, and where each listens to the others. */
  readonly cluster?: { readonly index: number; readonly peers: readonly string[] };
}

/** Starts an etcd with short leases (one second at least) and fast elections. @throws Error that says what to install */
export async function startEtcd(options: EtcdServerOptions = {}): Promise<EtcdServer> {
  const server = new Server(await mkdtemp(join(tmpdir(), "heliograph-etcd-")), await freePort(), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a cluster of so many. */
export async function startEtcdCluster(count: number): Promise<readonly EtcdServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const peers = ports.map((port) => `http://127.0.0.1:${port}`);
  return Promise.all(peers.map((_, index) => startEtcd({ cluster: { index, peers } })));
}

/** A port of 127.0.0.1 at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
  return address.port;
}

class Server implements EtcdServer {
  readonly endpoint: string;
  readonly #folder: string;
  readonly #options: EtcdServerOptions;
  #process: ChildProcess | undefined;

  constructor(folder: string, port: number, options: EtcdServerOptions) {
    this.endpoint = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#options = options;
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  certificate(): Promise<string> {
    return readFile(join(this.#data, "fixtures", "client", "cert.pem"), "utf8");
  }

  async start(): Promise<void> {
    const child = spawn(etcdProgram(), this.#arguments(), { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    await within(START_MS, "etcd to start", this.#ready(child));
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  empty(): Promise<void> {
    return rm(this.#data, { recursive: true });
  }

  async ask(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.endpoint}${path}`, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd: ${path}: ${text}`);
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #arguments(): string[] {
    const { tls = false, cluster } = this.#options;
    // Nobody else wants to reach a single one: its port for others may be any, and port 1 is nobody's.
    const peers = cluster?.peers ?? ["http://127.0.0.1:1"];
    const own = cluster === undefined ? "http://127.0.0.1:0" : peers[cluster.index];
    return [
      `--name=m${cluster?.index ?? 0}`,
      `--data-dir=${this.#data}`,
      `--listen-client-urls=${this.endpoint}`,
      `--advertise-client-urls=${this.endpoint}`,
      `--listen-peer-urls=${own}`,
      `--initial-advertise-peer-urls=${peers[cluster?.index ?? 0]}`,
      `--initial-cluster=${peers.map((peer, index) => `m${index}=${peer}`).join(",")}`,
      // The shortest lease is one and a half times the election timeout, rounded up to a second.
      "--heartbeat-interval=50",
      "--election-timeout=500",
      "--unsafe-no-fsync",
      "--bcrypt-cost=4",
      "--logger=zap",
      "--log-outputs=stderr",
      ...(tls ? ["--auto-tls"] : []),
    ];
  }

  /** Resolves when it serves clients. */
  #ready(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let last = "";
      child.once("error", (error) =>
        reject(
          new Error(
            `etcd can't be started: ${error.message}. "npm test" gets it, where that may be ` +
              "(on Debian: apt-get install etcd-server).",
          ),
        ),
      );
      child.once("exit", (code, signal) => reject(new Error(`etcd ended (${code ?? signal}): ${last}`)));
      if (child.stderr === null) return;
      createInterface({ input: child.stderr }).on("line", (line) => {
        last = line;
        if (line.includes('"serving client traffic')) resolve();
      });
    });
  }
}

/** A resolver that a test has opened. */
export interface OpenedEtcd extends OpenResolver, AsyncDisposable {
  announce(announcement: Announcement): Promise<void>;
  withdraw(): Promise<void>;
}

/** Opens a resolver of a test. */
export function openEtcd(host: ResolverHost, options: EtcdOptions): OpenedEtcd {
  const opened = etcd(options).open(host);
  return {
    watch: (service, listener) => opened.watch(service, listener),
    announce: async (announcement) => opened.announce?.(announcement),
    withdraw: async () => opened.withdraw?.(),
    close: () => opened.close(),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

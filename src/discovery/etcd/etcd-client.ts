import type { Clock } from "../../core/clock.js";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { EtcdEndpoint } from "./etcd-endpoint.js";
import { isOfEndpoint, isOfToken } from "./etcd-failure.js";
import { type Json, textOf } from "./etcd-json.js";
import type { EtcdSettings } from "./etcd-options.js";

/** How long one endpoint may take to answer: a cluster that elects a new leader takes a second or two. */
const MAX_TIMEOUT_MS = 3_000;
/** With a short lease less, but so that a busy machine can keep up. */
const MIN_TIMEOUT_MS = 1_000;

/**
 * Asks an etcd, over HTTP and JSON: the first endpoint until it fails, then the next, and so on round. An endpoint that
 * hangs has its connections cut, so that its streams go on elsewhere.
 */
export class EtcdClient {
  readonly #endpoints: readonly EtcdEndpoint[];
  readonly #user: EtcdSettings["user"];
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();
  #current: EtcdEndpoint;
  /** What it is allowed by, and undefined while nothing was asked for. */
  #token: Promise<string | undefined> | undefined;

  constructor({ endpoints, tls, user, leaseTtlMs }: EtcdSettings, clock: Clock) {
    const [first, ...others] = endpoints.map((url) => new EtcdEndpoint(url, tls, clock));
    if (first === undefined) throw new TypeError("an etcd has at least one endpoint");
    this.#endpoints = [first, ...others];
    this.#current = first;
    this.#user = user;
    this.#timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, leaseTtlMs / 3));
  }

  /**
   * The answer to one request.
   *
   * @throws HeliographError of the endpoint that was asked last, reason RESOLVER_FAILED, or the signal's reason
   */
  async ask(path: string, body: Json, signal: AbortSignal): Promise<Json> {
    let failed: HeliographError | undefined;
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      const endpoint = this.#current;
      try {
        return await this.#allowed(endpoint, (token) =>
          endpoint.ask({ path, body, token, timeoutMs: this.#timeoutMs, signal }),
        );
      } catch (error) {
        failed = this.#failedAt(endpoint, error, signal);
      }
    }
    throw failed ?? new TypeError("an etcd has at least one endpoint");
  }

  /**
   * What a stream says, until it breaks; whether its endpoint is at fault shows when the next request is made.
   *
   * @throws HeliographError, or the signal's reason
   */
  async *follow(path: string, body: Json, signal: AbortSignal): AsyncGenerator<Json, never, undefined> {
    const endpoint = this.#current;
    const token = await this.#tokenFrom(endpoint);
    return yield* endpoint.follow({ path, body, token, timeoutMs: this.#timeoutMs, signal });
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#closed.abort();
    for (const endpoint of this.#endpoints) endpoint.disconnect();
  }

  /** Moves on to the next endpoint, if it was this one's fault. @throws what would fail elsewhere, too */
  #failedAt(endpoint: EtcdEndpoint, error: unknown, signal: AbortSignal): HeliographError {
    if (signal.aborted || !(error instanceof HeliographError) || !isOfEndpoint(error)) throw error;
    if (endpoint === this.#current) {
      const next = this.#endpoints.indexOf(endpoint) + 1;
      this.#current = this.#endpoints[next] ?? this.#endpoints[0] ?? endpoint;
    }
    if (error.code === Code.DeadlineExceeded) endpoint.disconnect();
    return error;
  }

  /** With a token, if there is a user; and with a new one when the old one is no longer good. */
  async #allowed<T>(endpoint: EtcdEndpoint, run: (token: string | undefined) => Promise<T>): Promise<T> {
    const known = this.#token;
    try {
      return await run(await this.#tokenFrom(endpoint));
    } catch (error) {
      const old = known !== undefined && known === this.#token;
      if (this.#user === undefined || !old || !(error instanceof HeliographError) || !isOfToken(error)) {
        throw error;
      }
      this.#token = undefined;
      return await run(await this.#tokenFrom(endpoint));
    }
  }

  #tokenFrom(endpoint: EtcdEndpoint): Promise<string | undefined> {
    this.#token ??= this.#logIn(endpoint).catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    return this.#token;
  }

  async #logIn(endpoint: EtcdEndpoint): Promise<string | undefined> {
    if (this.#user === undefined) return undefined;
    try {
      const { name, password } = this.#user;
      const answer = await endpoint.ask({
        path: "/v3/auth/authenticate",
        body: { name, password },
        token: undefined,
        timeoutMs: this.#timeoutMs,
        signal: this.#closed.signal,
      });
      return textOf(answer, "token");
    } catch (error) {
      // Its users are not switched on (yet): it allows everything.
      if (error instanceof HeliographError && error.code === Code.FailedPrecondition) return undefined;
      throw error;
    }
  }
}

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import type { Clock } from "../../core/clock.js";
import { HeliographError } from "../../core/error.js";
import { failureIn, notEtcd, tooSlow, unreachable } from "./etcd-failure.js";
import { type Json, objectOf, parseJson } from "./etcd-json.js";
import { linesOf, MAX_CHARS } from "./etcd-lines.js";
import type { EtcdSettings } from "./etcd-options.js";

/** How soon a connection that says nothing is probed by the system, which finds out whether the other machine is gone. */
const PROBE_AFTER_MS = 5_000;

/** One request to etcd: a call of its gRPC services, in JSON. */
export interface EtcdRequest {
  /** Such as `/v3/kv/range`. */
  readonly path: string;
  readonly body: Json;
  /** What `/v3/auth/authenticate` gave. */
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One place where an etcd answers over HTTP, and the connections to it. */
export class EtcdEndpoint {
  readonly name: string;
  readonly #clock: Clock;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;

  constructor(url: URL, tls: EtcdSettings["tls"], clock: Clock) {
    this.name = url.href.replace(/\/$/, "");
    this.#clock = clock;
    const secure = url.protocol === "https:";
    this.#agent = secure ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
    this.#request = secure ? httpsRequest : httpRequest;
  }

  /** The answer to a request. @throws HeliographError, or the reason of the signal */
  async ask(request: EtcdRequest): Promise<Json> {
    const end = new RequestEnd(this.#clock, request, this.name);
    try {
      const response = await this.#send(request, end.signal);
      let text = "";
      for await (const line of linesOf(response)) {
        text += line;
        if (text.length > MAX_CHARS) throw new Error(`the answer has more than ${MAX_CHARS} characters`);
      }
      return this.#read(request, response, text);
    } catch (error) {
      throw end.reason ?? asFailure(this.#place(request), error);
    } finally {
      end.release();
    }
  }

  /**
   * The messages of a stream, without end; the first has to come within the time of the request.
   *
   * @throws HeliographError when it ends, or the reason of the signal
   */
  async *follow(request: EtcdRequest): AsyncGenerator<Json, never, undefined> {
    const end = new RequestEnd(this.#clock, request, this.name);
    try {
      const response = await this.#send(request, end.signal);
      for await (const line of linesOf(response)) {
        end.inTime();
        yield this.#read(request, response, line);
      }
      throw unreachable(this.#place(request), "the stream has ended");
    } catch (error) {
      throw end.reason ?? asFailure(this.#place(request), error);
    } finally {
      end.release();
    }
  }

  /** Ends all requests that are under way. */
  disconnect(): void {
    this.#agent.destroy();
  }

  #send(
    { path, body, token }: Pick<EtcdRequest, "path" | "body" | "token">,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const request = this.#request(`${this.name}${path}`, {
        method: "POST",
        agent: this.#agent,
        signal,
        headers: {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(text),
          // Asks a member that has lost its cluster to say so, instead of being silent.
          "Grpc-Metadata-hasleader": "true",
          ...(token === undefined ? {} : { Authorization: token }),
        },
      });
      request.setSocketKeepAlive(true, PROBE_AFTER_MS);
      request.once("response", resolve);
      request.on("error", (error) => {
        // etcd may close an idle connection in the moment in which it is used again.
        if (request.reusedSocket && "code" in error && error.code === "ECONNRESET" && !signal.aborted) {
          resolve(this.#send({ path, body, token }, signal));
        } else reject(error);
      });
      request.end(text);
    });
  }

  #read(request: EtcdRequest, { statusCode = 0 }: IncomingMessage, text: string): Json {
    const place = this.#place(request);
    const answer = parseJson(text);
    const failure = answer === undefined ? undefined : failureIn(place, answer);
    if (failure !== undefined) throw failure;
    if (answer === undefined || statusCode !== 200) throw notEtcd(place, statusCode);
    // What gRPC streams comes wrapped.
    return objectOf(answer, "result") ?? answer;
  }

  #place({ path }: EtcdRequest) {
    return { endpoint: this.name, path };
  }
}

/** What may end a request before it is done: its signal and its time. */
class RequestEnd implements Abortable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #timer;

  constructor(clock: Clock, { path, timeoutMs, signal }: EtcdRequest, endpoint: string) {
    this.#parent = signal;
    this.#timer = clock.after(timeoutMs, () => this.aborted(tooSlow({ endpoint, path }, timeoutMs)));
    if (signal.aborted) this.aborted(signal.reason);
    else watchAbort(signal, this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it was ended; undefined when it was not. */
  get reason(): unknown {
    return this.#controller.signal.aborted ? this.#controller.signal.reason : undefined;
  }

  aborted(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** There was an answer: from now on it may take as long as it will. */
  inTime(): void {
    this.#timer.clear();
  }

  release(): void {
    this.#timer.clear();
    unwatchAbort(this.#parent, this);
  }
}

function asFailure(place: { endpoint: string; path: string }, error: unknown): HeliographError {
  return error instanceof HeliographError ? error : unreachable(place, error);
}

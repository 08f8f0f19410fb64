import type { CallOptions, Client, HeliographError, Metadata } from "../../../src/index.js";
import type { ResponseStream } from "../../../src/rpc/types.js";
import type { Note } from "../../gen/heliograph/test/v1/call.js";
import type { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { driven, Feed } from "./feed.js";
import { type Action, type Given, isNote, noteOf, type Stage } from "./stage.js";
import type { Kind } from "./wire-call.js";

export type CallClient = Client<typeof CallService>;

/** How a call ended for its caller. */
export type Ending =
  | { readonly kind: "answered" }
  /** The loop over its answers was left. */
  | { readonly kind: "left" }
  | { readonly kind: "failed"; readonly error: HeliographError };

/** One call as its caller makes it, drives it, and sees it end. */
export class Caller {
  readonly token: string;
  readonly kind: Kind;
  readonly connection: number;
  /** The requests, where there is a stream of them. */
  readonly feed: Feed | undefined;
  /** The size of the one request, where there is no stream. */
  readonly size: number;
  readonly timeoutMs: number | undefined;
  readonly waitForReady: boolean;
  /** How often it may be made. */
  readonly attempts: number;
  /** The server runs it once for all attempts. */
  readonly keyed: boolean;
  /** Its attempts may overlap. */
  readonly hedged: boolean;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  /** Answers of a stream that were seen. */
  received = 0;
  /** A stream is made when its first answer is asked for. */
  made = false;
  /** How often its handler's metadata came. */
  headers = 0;
  trailers = 0;
  aborted = false;
  left = false;
  ending: Ending | undefined;
  endedAt = 0;
  readonly #stage: Stage;
  readonly #controller: AbortController;
  readonly #stream: ResponseStream<Note> | undefined;
  /** Whose answers those that were seen can be. */
  #answeredBy: readonly Given[] | undefined;
  #pending = 0;

  constructor(
    stage: Stage,
    client: CallClient,
    connection: number,
    token: string,
    kind: Kind,
    shared: AbortController | undefined,
  ) {
    const { choices } = stage;
    this.#stage = stage;
    this.token = token;
    this.kind = kind;
    this.connection = connection;
    this.startedAt = stage.now();
    this.#controller = shared ?? new AbortController();
    this.signal = this.#controller.signal;
    this.aborted = this.signal.aborted;
    this.waitForReady = choices.percent(10);
    this.timeoutMs = choices.percent(25)
      ? choices.pick([20, 100, 1_000])
      : this.waitForReady
        ? 5_000
        : undefined;
    const retried = stage.retries && choices.percent(60);
    this.attempts = retried ? 3 : 1;
    this.keyed = retried && kind === "call" && choices.percent(60);
    this.hedged = retried && choices.percent(30);
    const options: CallOptions = {
      metadata: { token },
      retry: retried && {
        attempts: 3,
        anyMethod: !this.keyed,
        backoff: { jitter: 0 },
        hedgeAfterMs: this.hedged ? choices.pick([0, 20, 100]) : undefined,
      },
      idempotencyKey: this.keyed ? token : undefined,
      signal: this.signal,
      timeoutMs: this.timeoutMs,
      waitForReady: this.waitForReady,
      onHeader: (metadata: Metadata) => {
        this.headers++;
        if (this.received > 0) this.#fault("the handler's metadata came after its first answer");
        this.#checkMetadata(metadata);
      },
      onTrailer: (metadata: Metadata) => {
        this.trailers++;
        this.#checkMetadata(metadata);
      },
    };
    if (kind !== "sum" && kind !== "chat") {
      this.size = stage.size();
      const request = noteOf(token, 0, this.size);
      if (kind === "call") this.#await(client.call(request, options));
      else if (kind === "count") this.#stream = client.count(request, options);
      else if (kind === "watch") this.#stream = client.watch(request, options);
      else this.#stream = client.watchClosely(request, options);
    } else {
      this.size = 0;
      this.feed = new Feed(stage, token, choices.pick(driven), () => new Error(`the requests of ${token}`));
      if (kind === "sum") this.#await(client.sum(this.feed.source(), options));
      else this.#stream = client.chat(this.feed.source(), options);
    }
  }

  /** What it has sent. */
  get given(): Given {
    return this.feed ?? { sizes: [this.size], ended: "end" };
  }

  /** Clock time from which on the call may end with DEADLINE_EXCEEDED. */
  get deadline(): number {
    const single = this.kind === "call" || this.kind === "sum";
    return this.startedAt + (this.timeoutMs ?? (single ? 10_000 : Number.POSITIVE_INFINITY));
  }

  /** What the caller may do. */
  actions(): Action[] {
    const actions: Action[] = [];
    if (this.feed !== undefined && this.made && this.ending === undefined)
      actions.push(...this.feed.actions(`the requests of ${this.token}`));
    if (this.#stream !== undefined && this.ending === undefined && !this.left) {
      if (this.#pending === 0) actions.push(this.#action(6, "asks for an answer", () => this.read()));
      else if (this.#pending === 1) actions.push(this.#action(1, "asks for two", () => this.read()));
      actions.push(this.#action(1, "leaves", () => this.#leave()));
    }
    if (!this.aborted && this.ending === undefined)
      actions.push(this.#action(1, "aborts", () => this.abort()));
    return actions;
  }

  /** What brings the call to its end, as far as the caller can. */
  closing(): Action[] {
    const actions: Action[] = [];
    if (this.feed !== undefined && this.feed.ended === undefined && this.made) {
      const { feed } = this;
      actions.push(this.#action(1, "ends its requests", () => feed.end()));
    }
    if (this.#stream !== undefined && this.ending === undefined && !this.left && this.#pending === 0) {
      actions.push(this.#action(4, "asks for an answer", () => this.read()));
    }
    return actions;
  }

  /** Asks for the next answer of a stream. */
  read(): void {
    this.made = true;
    this.#pending++;
    this.#stream?.next().then(
      (result) => {
        this.#pending--;
        if (result.done === true) this.#end(this.left ? { kind: "left" } : { kind: "answered" });
        else this.#got(result.value);
      },
      (error: HeliographError) => {
        this.#pending--;
        this.#end({ kind: "failed", error });
      },
    );
  }

  abort(): void {
    this.aborted = true;
    this.#controller.abort();
  }

  #leave(): void {
    this.left = true;
    this.#stream?.return().then(
      (result) => {
        if (result.done !== true) this.#fault("return() gave a message");
        this.#end({ kind: "left" });
      },
      (error: unknown) => this.#fault(`return() failed: ${String(error)}`),
    );
  }

  #got(note: Note): void {
    const n = this.received++;
    if (this.ending !== undefined) this.#fault(`answer ${n} came after the end`);
    this.#check(note, n);
  }

  #checkMetadata(metadata: Metadata): void {
    const token = metadata.text("token");
    if (token !== this.token) this.#fault(`its handler's metadata is that of ${token}`);
    if (this.ending !== undefined) this.#fault("its handler's metadata came after the end");
  }

  #check(note: Note, n: number): void {
    // All answers come from one handler.
    const before = this.#answeredBy ?? this.#stage.answers(this.token);
    this.#answeredBy = before.filter(({ sizes }) => isNote(note, this.token, n, sizes[n]));
    if (this.#answeredBy.length === 0) {
      const sizes = before.map((given) => given.sizes[n]).join(" or ");
      this.#fault(`answer ${n} is ${note.text} with ${note.data.length} bytes, not ${sizes}`);
    }
  }

  #await(answer: Promise<Note>): void {
    this.made = true;
    answer.then(
      (note) => {
        this.#check(note, 0);
        this.#end({ kind: "answered" });
      },
      (error: HeliographError) => this.#end({ kind: "failed", error }),
    );
  }

  #end(ending: Ending): void {
    if (this.ending !== undefined) {
      // Who asks on after the end is told that there is no more.
      if (ending.kind === "failed") this.#fault(`failed after it had ended: ${String(ending.error)}`);
      return;
    }
    this.ending = ending;
    this.endedAt = this.#stage.now();
    this.#stage.note(
      () => `  ${this.token} ended: ${ending.kind === "failed" ? String(ending.error) : ending.kind}`,
    );
  }

  #action(weight: number, what: string, run: () => void): Action {
    return { weight, name: `${this.token} ${what}`, run };
  }

  #fault(what: string): void {
    this.#stage.fault(`the caller of ${this.token}: ${what}`);
  }
}

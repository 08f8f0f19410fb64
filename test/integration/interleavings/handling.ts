import { Code, type HandlerContext, HeliographError } from "../../../src/index.js";
import type { Note } from "../../gen/heliograph/test/v1/call.js";
import { driven, Feed } from "./feed.js";
import { type Action, type Given, isNote, noteOf, type Stage } from "./stage.js";
import type { Kind } from "./wire-call.js";

/** One call as its handler sees it. */
export class Handling {
  readonly token: string;
  readonly kind: Kind;
  /** How many attempts of the call came before. */
  readonly attempt: number;
  readonly ctx: HandlerContext;
  /** The answers, where there is a stream of them. */
  readonly feed: Feed | undefined;
  /** It sends metadata along, at the beginning and at the end. */
  readonly labelled: boolean;
  /** Requests of a stream that were seen. */
  received = 0;
  requestsOver: "done" | "failed" | "left" | undefined;
  /** How the handler itself ended. */
  finished: "answered" | "failed" | "crashed" | undefined;
  readonly #answerSizes: number[] = [];
  readonly #stage: Stage;
  #requests: AsyncIterableIterator<Note> | undefined;
  /** It waits for a request. */
  reading = false;
  #answer: ((note: Note) => void) | undefined;
  #refuse: ((error: Error) => void) | undefined;

  constructor(stage: Stage, kind: Kind, ctx: HandlerContext) {
    const { choices } = stage;
    this.#stage = stage;
    this.kind = kind;
    this.ctx = ctx;
    this.token = ctx.requestMetadata.text("token") ?? "";
    this.attempt = Number(ctx.requestMetadata.text("previous-attempts") ?? 0);
    // Some never look at their signal, which is only made for those who do.
    if (choices.percent(30)) {
      ctx.signal.addEventListener("abort", () => this.#obey(), { once: true });
    }
    this.labelled = choices.percent(30);
    if (this.labelled) {
      ctx.responseMetadata.set("token", this.token);
      ctx.trailers.set("token", this.token);
    }
    if (kind !== "call" && kind !== "sum") {
      const form = kind === "chat" && choices.percent(30) ? "own" : choices.pick(driven);
      this.feed = new Feed(stage, this.token, form, () => this.#error());
    }
  }

  /** Nobody wants its answer any more. */
  get gone(): boolean {
    return this.ctx.signal.aborted;
  }

  /** What it has answered. */
  get given(): Given {
    return this.feed ?? { sizes: this.#answerSizes, ended: this.finished && "end" };
  }

  /** It has nothing more to do. */
  get over(): boolean {
    return this.finished !== undefined || this.feed?.ended !== undefined || this.feed?.over !== undefined;
  }

  /** A handler of one request and one answer. */
  answerCall(request: Note): Note | Promise<Note> {
    this.#one(request);
    if (this.#stage.choices.percent(70)) return this.#later();
    return this.#finish();
  }

  /** A handler of one request and a stream of answers. */
  answerCount(request: Note): AsyncIterable<Note> | Iterable<Note> {
    this.#one(request);
    return this.#answers();
  }

  /** A handler of a stream of requests and one answer. */
  answerSum(requests: AsyncIterableIterator<Note>): Promise<Note> {
    if (this.#stage.choices.percent(40)) return this.#readAll(requests);
    this.#requests = requests;
    return this.#later();
  }

  /** A handler of two streams. */
  answerChat(requests: AsyncIterableIterator<Note>): AsyncIterable<Note> | Iterable<Note> {
    if (this.feed?.form === "own") return this.#echo(requests, this.feed);
    this.#requests = requests;
    return this.#answers();
  }

  /** What the handler may do. */
  actions(): Action[] {
    const actions = this.closing(1);
    if (this.feed !== undefined) actions.push(...this.feed.actions(`the handler of ${this.token}`));
    if (this.#requests !== undefined && this.requestsOver === undefined) {
      if (!this.reading) actions.push(this.#action(6, "asks for a request", () => this.#read()));
      actions.push(this.#action(1, "leaves the requests", () => this.#leave()));
    }
    if (this.#answer !== undefined && this.#stage.choices.percent(20)) {
      actions.push(this.#action(1, "fails", () => this.#fail()));
    }
    return actions;
  }

  /** What brings the handler to its end. */
  closing(weight: number): Action[] {
    const { feed } = this;
    if (this.#answer !== undefined) return [this.#action(weight, "answers", () => this.#settle())];
    if (feed === undefined || feed.ended !== undefined || feed.form === "own") return [];
    return [this.#action(weight, "ends its answers", () => feed.end())];
  }

  #one(request: Note): void {
    const size = this.#stage.requests(this.token)?.sizes[0];
    if (!isNote(request, this.token, 0, size)) this.#fault(`the request is ${request.text}`);
  }

  #answers(): AsyncIterable<Note> | Iterable<Note> {
    const { feed } = this;
    if (feed === undefined) throw new Error("a handler of one answer has no stream of them");
    return feed.source();
  }

  #later(): Promise<Note> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
  }

  #finish(): Note {
    this.finished = "answered";
    const size = this.#stage.size();
    this.#answerSizes.push(size);
    return noteOf(this.token, 0, size);
  }

  #settle(): void {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(this.#finish());
  }

  #fail(): void {
    this.#answer = undefined;
    this.#refuse?.(this.#error());
  }

  #error(): Error {
    if (this.#stage.choices.percent(50)) {
      this.finished = "failed";
      return new HeliographError(Code.Aborted, `the handler of ${this.token}`);
    }
    this.finished = "crashed";
    return new Error(`the handler of ${this.token}`);
  }

  /** The signal has fired: who minds it stops. */
  #obey(): void {
    if (this.#answer === undefined) return;
    this.#answer = undefined;
    this.#refuse?.(this.ctx.signal.reason as Error);
  }

  async #readAll(requests: AsyncIterableIterator<Note>): Promise<Note> {
    try {
      for await (const request of requests) this.#got(request);
      this.#requestsEnd("done");
    } catch (error) {
      this.#requestsEnd("failed");
      throw error;
    }
    return this.#finish();
  }

  async *#echo(requests: AsyncIterableIterator<Note>, feed: Feed): AsyncGenerator<Note> {
    feed.started = true;
    feed.over = "returned";
    try {
      for await (const request of requests) {
        this.#got(request);
        yield feed.own();
      }
      this.#requestsEnd("done");
    } catch (error) {
      this.#requestsEnd("failed");
      feed.over = "threw";
      throw error;
    }
    feed.ended = "end";
    feed.over = "done";
  }

  #read(): void {
    this.reading = true;
    this.#requests?.next().then(
      (result) => {
        this.reading = false;
        // Those of a handler that has answered end with its answer.
        if (result.done === true) this.#requestsEnd(this.over ? "left" : (this.requestsOver ?? "done"));
        else this.#got(result.value);
      },
      () => {
        this.reading = false;
        this.#requestsEnd("failed");
      },
    );
  }

  #leave(): void {
    this.requestsOver = "left";
    this.#requests?.return?.().catch((error: unknown) => {
      this.#fault(`return() of its requests failed: ${String(error)}`);
    });
  }

  #got(request: Note): void {
    const n = this.received++;
    if (this.requestsOver === "done" || this.requestsOver === "failed") {
      this.#fault(`request ${n} came after the end`);
    }
    const size = this.#stage.requests(this.token)?.sizes[n];
    if (!isNote(request, this.token, n, size)) {
      this.#fault(`request ${n} is ${request.text} with ${request.data.length} bytes, not ${size}`);
    }
  }

  #requestsEnd(how: "done" | "failed" | "left"): void {
    this.requestsOver ??= how;
    this.#stage.note(() => `  the requests of ${this.token} ended: ${how}`);
    const given = this.#stage.requests(this.token);
    if (how !== "done") {
      if (how === "failed" && !this.ctx.signal.aborted) this.#fault("its requests failed before its signal");
    } else if (given?.ended !== "end") this.#fault("its requests ended, but not those of the caller");
    else if (this.received !== given.sizes.length) {
      this.#fault(`its requests ended after ${this.received} of ${given.sizes.length}`);
    }
  }

  #action(weight: number, what: string, run: () => void): Action {
    return { weight, name: `the handler of ${this.token} ${what}`, run };
  }

  #fault(what: string): void {
    this.#stage.fault(`the handler of ${this.token}: ${what}`);
  }
}

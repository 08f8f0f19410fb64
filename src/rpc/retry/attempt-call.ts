import { type Abortable, unwatchAbort, watchAbort } from "../../core/abort-watch.js";
import { Metadata } from "../../core/metadata.js";
import { callCancelled } from "../call-options.js";
import type { InterceptedCall, Next, SingleResult, StreamResult } from "../interceptor.js";
import type { AttemptGroup } from "../transport.js";
import type { RetryBuffer, RetryReader } from "./retry-buffer.js";

/** By this key a handler learns how many attempts came before. */
export const PREVIOUS_ATTEMPTS = "previous-attempts";

/** What an attempt has led to: the answer, or the first of a stream and the way to the others. */
export type Opening =
  | { readonly kind: "single"; readonly result: SingleResult }
  | {
      readonly kind: "stream";
      readonly result: StreamResult;
      readonly first: IteratorResult<unknown>;
      readonly rest: AsyncIterator<unknown>;
    };

/** What the attempts of a call have in common. */
export interface AttemptParts {
  readonly call: InterceptedCall;
  readonly next: Next;
  /** The requests, when they are a stream. */
  readonly buffer: RetryBuffer | undefined;
  readonly group: AttemptGroup | undefined;
}

/** One attempt of a call, with a signal, metadata and requests of its own. */
export class AttemptCall implements Abortable {
  /** Filled when they arrive, also when the attempt fails. */
  readonly trailers = new Metadata();
  readonly requests: RetryReader | undefined;
  private readonly call: InterceptedCall;
  private readonly next: Next;
  private readonly outer: AbortSignal;
  private readonly controller = new AbortController();
  private rest: AsyncIterator<unknown> | undefined;

  /** @param previous how many attempts came before */
  constructor({ call, next, buffer, group }: AttemptParts, previous: number) {
    this.next = next;
    this.outer = call.signal;
    this.requests = buffer?.read();
    const metadata = new Metadata(call.metadata);
    if (previous > 0) metadata.set(PREVIOUS_ATTEMPTS, String(previous));
    const { trailers, requests } = this;
    const { signal } = this.controller;
    const own = { retry: false as const, attemptGroup: group, metadata, trailers, signal };
    this.call =
      call.requests === undefined
        ? { ...call, ...own }
        : { ...call, ...own, requests: requests ?? call.requests };
    if (this.outer.aborted) this.controller.abort(this.outer.reason);
    else watchAbort(this.outer, this);
  }

  /** Makes the attempt, and waits for its first answer. */
  async open(): Promise<Opening> {
    const result = await this.next(this.call);
    if (result.messages === undefined) return { kind: "single", result };
    const rest = result.messages[Symbol.asyncIterator]();
    this.rest = rest;
    return { kind: "stream", result, first: await rest.next(), rest };
  }

  /** Another attempt counts. */
  cancel(): void {
    this.end();
    this.controller.abort(callCancelled(this.call.method.path, new Error("another attempt was faster")));
    const { rest } = this;
    const left = async () => rest?.return?.();
    left().catch(() => {});
  }

  /** The attempt is over. */
  end(): void {
    unwatchAbort(this.outer, this);
    this.requests?.close();
  }

  aborted(reason: unknown): void {
    this.controller.abort(reason);
  }
}

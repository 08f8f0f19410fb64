import {
  Code,
  ContextValues,
  HeliographError,
  Metadata,
  type Method,
  type Next,
} from "../../../src/index.js";
import type { SingleRequestCall, StreamRequestCall } from "../../../src/rpc/interceptor.js";
import { type FakeClock, fakeClock } from "../../../src/testing/index.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";

/** What a call under test may be given. */
export interface CallInit {
  readonly method?: Method;
  readonly side?: "client" | "server";
  readonly clock?: FakeClock;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly metadata?: Metadata;
  readonly idempotencyKey?: string;
  readonly peer?: { readonly node: string; readonly instance: string };
}

function infoOf({ side = "client", clock = fakeClock(), timeoutMs = 10_000, ...rest }: CallInit) {
  const due = clock.now() + timeoutMs;
  return {
    side,
    clock,
    metadata: rest.metadata ?? new Metadata(),
    trailers: new Metadata(),
    remainingMs: () => Math.max(0, due - clock.now()),
    signal: rest.signal ?? new AbortController().signal,
    values: new ContextValues(),
    idempotencyKey: rest.idempotencyKey,
    peer: rest.peer,
  };
}

/** A unary call of a method without side effects, unless told otherwise. */
export function unaryCall(init: CallInit = {}): SingleRequestCall {
  return { ...infoOf(init), kind: "unary", method: init.method ?? CallService.look, request: "request" };
}

/** A call of a server-streaming method. */
export function serverStreamCall(init: CallInit = {}): SingleRequestCall {
  return { ...infoOf(init), kind: "server-stream", method: CallService.count, request: "request" };
}

export function clientStreamCall(requests: AsyncIterable<unknown>, init: CallInit = {}): StreamRequestCall {
  return { ...infoOf(init), kind: "client-stream", method: CallService.sum, requests };
}

export function bidiCall(requests: AsyncIterable<unknown>, init: CallInit = {}): StreamRequestCall {
  return { ...infoOf(init), kind: "bidi-stream", method: CallService.chat, requests };
}

export const unavailable = () => new HeliographError(Code.Unavailable, "not now");
export const unprocessed = () => new HeliographError(Code.Unavailable, "not now", { notProcessed: true });

/** The answer to a call with a single one. */
export const answer = (message: unknown) => ({
  message,
  metadata: new Metadata(),
  trailers: new Metadata(),
});

/** The answers to a call with many. */
export const answersOf = (messages: AsyncIterable<unknown>) => ({
  messages,
  metadata: new Metadata({ header: "1" }),
  trailers: new Metadata({ trailer: "1" }),
});

/** A server that fails as often as it is told before it answers. */
export function failing(times: number, error: () => Error = unavailable): Next & { calls: number } {
  const next = Object.assign(
    async () => {
      if (++next.calls <= times) throw error();
      return answer(next.calls);
    },
    { calls: 0 },
  );
  return next;
}

/** When all promise reactions have run. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Those of a list, and whether the reader has left. */
export async function* listed(items: readonly unknown[], left?: () => void): AsyncGenerator<unknown> {
  try {
    for (const item of items) yield item;
  } finally {
    left?.();
  }
}

export async function collect(messages: AsyncIterable<unknown> | undefined): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const message of messages ?? []) all.push(message);
  return all;
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<HeliographError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HeliographError) return error;
    throw error;
  }
  throw new Error("it was expected to fail");
}

import type {
  BidiStreamMethod,
  ClientStreamMethod,
  Init,
  Method,
  ServerStreamMethod,
  UnaryMethod,
} from "../wire/definition.js";
import type { CallOptions } from "./call-options.js";
import type { HandlerContext } from "./context.js";

/** Messages one after the other: a generator, a list, or anything else that `for await` takes. */
export type MessageSource<T> = AsyncIterable<T> | Iterable<T>;

/**
 * The messages of a call, for one `for await`. The call is made when the first one is asked for; leaving the loop
 * cancels it. Messages that arrived before an error come before it.
 */
export interface ResponseStream<O> extends AsyncIterableIterator<O>, AsyncDisposable {
  /** The next message; waits for it. Rejects with a HeliographError when the call has failed. */
  next(): Promise<IteratorResult<O, undefined>>;
  /** Cancels the call unless it has ended. */
  return(): Promise<IteratorResult<O, undefined>>;
}

/** The requests of a call, for one `for await`. They end when the caller's do, or throw when it is gone. */
export interface RequestStream<I> extends AsyncIterableIterator<I> {
  /** The next request; waits for it. */
  next(): Promise<IteratorResult<I, undefined>>;
}

/** A unary method as its caller sees it. Fields of the request may be left out: they are proto3's defaults. */
export type UnaryCall<I, O> = (request: Init<I>, options?: CallOptions) => Promise<O>;
/** A server-streaming method as its caller sees it. */
export type ServerStreamCall<I, O> = (request: Init<I>, options?: CallOptions) => ResponseStream<O>;
/** A client-streaming method as its caller sees it. */
export type ClientStreamCall<I, O> = (requests: MessageSource<Init<I>>, options?: CallOptions) => Promise<O>;
/** A bidirectional method as its caller sees it. */
export type BidiStreamCall<I, O> = (
  requests: MessageSource<Init<I>>,
  options?: CallOptions,
) => ResponseStream<O>;

/** A unary method as its server implements it. The answer is the whole message: `X.create({ … })` fills the rest. */
export type UnaryHandler<I, O> = (request: I, ctx: HandlerContext) => O | Promise<O>;
/** A server-streaming method as its server implements it: most often an `async *` function. */
export type ServerStreamHandler<I, O> = (request: I, ctx: HandlerContext) => MessageSource<O>;
/** A client-streaming method as its server implements it. */
export type ClientStreamHandler<I, O> = (requests: RequestStream<I>, ctx: HandlerContext) => O | Promise<O>;
/** A bidirectional method as its server implements it. */
export type BidiStreamHandler<I, O> = (requests: RequestStream<I>, ctx: HandlerContext) => MessageSource<O>;

/** A method as its caller sees it. */
export type Call<M extends Method> =
  M extends UnaryMethod<infer I, infer O>
    ? UnaryCall<I, O>
    : M extends ServerStreamMethod<infer I, infer O>
      ? ServerStreamCall<I, O>
      : M extends ClientStreamMethod<infer I, infer O>
        ? ClientStreamCall<I, O>
        : M extends BidiStreamMethod<infer I, infer O>
          ? BidiStreamCall<I, O>
          : never;

/** A method as its server implements it. */
export type Handler<M extends Method> =
  M extends UnaryMethod<infer I, infer O>
    ? UnaryHandler<I, O>
    : M extends ServerStreamMethod<infer I, infer O>
      ? ServerStreamHandler<I, O>
      : M extends ClientStreamMethod<infer I, infer O>
        ? ClientStreamHandler<I, O>
        : M extends BidiStreamMethod<infer I, infer O>
          ? BidiStreamHandler<I, O>
          : never;

/** What `createClient` makes of a service: a function for each method. */
export type Client<S> = {
  readonly [K in keyof S as S[K] extends Method ? K : never]: S[K] extends Method ? Call<S[K]> : never;
};

/** What `serve` takes: a handler for each method. One that is left out answers UNIMPLEMENTED. */
export type Handlers<S> = {
  readonly [K in keyof S as S[K] extends Method ? K : never]?: S[K] extends Method
    ? Handler<S[K]> | undefined
    : never;
};

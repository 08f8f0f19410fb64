import type { Init, UnaryMethod } from "../wire/definition.js";
import type { CallOptions } from "./call-options.js";
import type { HandlerContext } from "./context.js";

/** A unary method as its caller sees it. Fields of the request may be left out: they are proto3's defaults. */
export type UnaryCall<I, O> = (request: Init<I>, options?: CallOptions) => Promise<O>;

/** A unary method as its server implements it. The answer is the whole message: `X.create({ … })` fills the rest. */
export type UnaryHandler<I, O> = (request: I, ctx: HandlerContext) => O | Promise<O>;

/** What `createClient` makes of a service: a function for each method. */
export type Client<S> = {
  readonly [K in keyof S as S[K] extends UnaryMethod ? K : never]: S[K] extends UnaryMethod<infer I, infer O>
    ? UnaryCall<I, O>
    : never;
};

/** What `serve` takes: a handler for each method. One that is left out answers UNIMPLEMENTED. */
export type Handlers<S> = {
  readonly [K in keyof S as S[K] extends UnaryMethod ? K : never]?: S[K] extends UnaryMethod<infer I, infer O>
    ? UnaryHandler<I, O> | undefined
    : never;
};

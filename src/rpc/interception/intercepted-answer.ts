import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Method } from "../../wire/definition.js";
import type { BoundMethod } from "../bound-method.js";
import type { CallOptions } from "../call-options.js";
import type { CallResult } from "../interceptor.js";
import { OutgoingCall, type OutgoingHost } from "./intercepted-call.js";

/** An intercepted call with one answer. */
export class AnsweredCall extends OutgoingCall {
  private readonly resolve: (answer: unknown) => void;
  private readonly reject: (error: HeliographError) => void;

  constructor(
    host: OutgoingHost,
    bound: BoundMethod<Method>,
    options: CallOptions,
    resolve: (answer: unknown) => void,
    reject: (error: HeliographError) => void,
  ) {
    super(host, bound, options);
    this.resolve = resolve;
    this.reject = reject;
  }

  begin(input: unknown): void {
    this.run(input).then(
      (result) => this.answered(result),
      (thrown) => this.failed(thrown),
    );
  }

  protected ended(error: HeliographError): void {
    this.reject(error);
  }

  private answered({ message, metadata, trailers }: CallResult): void {
    if (this.ending) return;
    try {
      this.show(this.options.onHeader, metadata);
      this.show(this.options.onTrailer, trailers);
    } catch (thrown) {
      this.end(HeliographError.from(thrown));
      return;
    }
    // A callback may have ended the call.
    if (this.ending) return;
    this.settle();
    this.resolve(message);
  }

  private failed(thrown: unknown): void {
    if (this.ending) return;
    let error = HeliographError.from(thrown, Code.Unknown);
    try {
      this.show(this.options.onHeader, this.received.metadata);
      this.show(this.options.onTrailer, this.received.trailers);
    } catch (another) {
      error = HeliographError.from(another);
    }
    this.end(error);
  }

  private end(error: HeliographError): void {
    if (this.ending) return;
    this.settle();
    this.reject(error);
  }
}

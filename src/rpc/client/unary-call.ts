import type { HeliographError } from "../../core/error.js";
import type { Method } from "../../wire/definition.js";
import { type Frame, FrameKind } from "../../wire/frame.js";
import type { BoundMethod } from "../bound-method.js";
import { oneAnswer } from "../refusals.js";
import type { AssemblyRoom } from "../session/assembly.js";
import type { TransportCallOptions } from "../transport.js";
import { ClientCall, type ClientCallOwner } from "./client-call.js";

/** A call with one request and one answer. */
export class UnaryCall extends ClientCall {
  private readonly resolve: (answer: unknown) => void;
  private readonly reject: (error: HeliographError) => void;

  constructor(
    owner: ClientCallOwner,
    method: BoundMethod<Method>,
    options: TransportCallOptions,
    timeoutMs: number,
    deadline: number,
    resolve: (answer: unknown) => void,
    reject: (error: HeliographError) => void,
  ) {
    super(owner, method, options, timeoutMs, deadline);
    this.resolve = resolve;
    this.reject = reject;
  }

  get streamsRequests(): boolean {
    return false;
  }

  begun(): void {}
  transferred(): void {}

  take(frame: Frame, messageBytes: number, room: AssemblyRoom): void {
    if (frame.kind === FrameKind.End) this.takeAnswer(frame, messageBytes, room);
    else if (frame.kind === FrameKind.Message) this.stop(oneAnswer(this.method.path, "a stream of them"));
  }

  protected failed(error: HeliographError): void {
    this.reject(error);
  }

  protected succeeded(answer: unknown): void {
    this.resolve(answer);
  }
}

import { unwatchAbort } from "../../core/abort-watch.js";
import type { ClientCall, ClientCallSession } from "./client-call.js";
import { UnaryCall } from "./unary-call.js";

/** What a one-way call needs of the session that it was sent on. */
export interface OneWaySession extends ClientCallSession {
  /** `transferred` tells the call once its request has left. */
  whenSent(call: ClientCall): void;
}

/**
 * A unary call whose caller waits until the request has left, and no longer. It stays in flight until END, so that
 * limits and drains count it.
 */
export class OneWayCall extends UnaryCall {
  declare session: OneWaySession | undefined;

  override begun(): void {
    this.session?.whenSent(this);
  }

  override transferred(): void {
    const { signal, parent } = this.options;
    // Nobody waits any more whom a cancellation could spare something. The deadline still holds.
    if (signal !== undefined) unwatchAbort(signal, this);
    if (parent !== undefined) unwatchAbort(parent.signal, this);
    this.succeeded(undefined);
  }
}

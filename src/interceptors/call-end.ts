import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { CallResult, InterceptedCall, Next } from "../rpc/interceptor.js";
import { watchMessages } from "./watch-messages.js";

/** Who wants to know what becomes of a call. */
export interface CallWatcher {
  /** The answer is here, or one of a stream's. */
  answered?(): void;
  /** Called exactly once; without an error when the call was a success. */
  ended(error: HeliographError | undefined): void;
}

/** Passes a call on, and tells the watcher what becomes of it. A stream has ended when its last answer was taken. */
export async function passOn(call: InterceptedCall, next: Next, watcher: CallWatcher): Promise<CallResult> {
  let result: CallResult;
  try {
    result = await next(call);
  } catch (thrown) {
    watcher.ended(HeliographError.from(thrown));
    throw thrown;
  }
  if (result.messages === undefined) {
    watcher.answered?.();
    watcher.ended(undefined);
    return result;
  }
  let over = false;
  const end = (error: HeliographError | undefined) => {
    if (over) return;
    over = true;
    call.signal.removeEventListener("abort", onAbort);
    watcher.ended(error);
  };
  // Whoever reads the stream may never ask again.
  const onAbort = () => end(HeliographError.from(call.signal.reason, Code.Cancelled));
  call.signal.addEventListener("abort", onAbort);
  if (call.signal.aborted) onAbort();
  result.messages = watchMessages(result.messages, {
    message: () => watcher.answered?.(),
    done: () => end(undefined),
    failed: (thrown) => end(HeliographError.from(thrown)),
    left: () =>
      end(new HeliographError(Code.Cancelled, "its reader left the stream", { reason: "CALL_CANCELLED" })),
  });
  return result;
}

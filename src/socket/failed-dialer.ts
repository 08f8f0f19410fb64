import type { CloseReason, Dialer, DialerEvents } from "./socket.js";
import { warn } from "./warn.js";

/** The dialer of an endpoint to which nothing can ever be sent; `closed` is called in the next turn. */
export function failedDialer(
  events: DialerEvents,
  reason: CloseReason,
  cause?: Error,
  onError: (error: unknown) => void = warn,
): Dialer {
  const ended = new Promise<void>((resolve) => {
    setImmediate(() => {
      resolve();
      try {
        events.closed(reason, cause);
      } catch (error) {
        onError(error);
      }
    });
  });
  return {
    send: () => 0,
    close: () => ended,
    [Symbol.asyncDispose]: () => ended,
  };
}

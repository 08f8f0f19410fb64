import type { CloseReason, Dialer, DialerEvents } from "./socket.js";

/** The dialer of an endpoint to which nothing can ever be sent; `closed` is called in the next turn. */
export function failedDialer(events: DialerEvents, reason: CloseReason, cause?: Error): Dialer {
  const ended = new Promise<void>((resolve) => {
    setImmediate(() => {
      resolve();
      events.closed(reason, cause);
    });
  });
  return {
    send: () => 0,
    close: () => ended,
    [Symbol.asyncDispose]: () => ended,
  };
}

import type { Buffer } from "node:buffer";

/** The receiving half of a ZeroMQ socket. */
export interface Receivable {
  readonly closed: boolean;
  receive(): Promise<Buffer[]>;
}

/** After this many messages or bytes the loop lets timers and other sockets run. */
const MESSAGES_PER_TURN = 64;
const BYTES_PER_TURN = 256 * 1024;

/**
 * Receives until the socket is closed, and hands every message to `onMessage` synchronously. `onMessage` returns
 * the bytes it took, and must not throw.
 *
 * Messages that wait in ZeroMQ are received without returning to the event loop, which would starve everything
 * else in the process; hence the budget.
 */
export async function receiveLoop(
  socket: Receivable,
  onMessage: (parts: Buffer[]) => number,
  onError: (error: unknown) => void,
): Promise<void> {
  let messages = 0;
  let bytes = 0;
  while (!socket.closed) {
    let parts: Buffer[];
    try {
      parts = await socket.receive();
    } catch (error) {
      if (socket.closed) return;
      if (!isAgain(error)) {
        onError(error);
        return;
      }
      messages = MESSAGES_PER_TURN;
      parts = [];
    }
    if (parts.length > 0) {
      messages += 1;
      bytes += onMessage(parts);
    }
    if (messages >= MESSAGES_PER_TURN || bytes >= BYTES_PER_TURN) {
      messages = 0;
      bytes = 0;
      await nextTurn();
    }
  }
}

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isAgain(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

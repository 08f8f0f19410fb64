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
 * else in the process; hence the budget. But what the first message after a pause leads to is sent before the next
 * one is asked for: asking costs as much as sending, and most often there is none.
 */
export async function receiveLoop(
  socket: Receivable,
  onMessage: (parts: Buffer[]) => number,
  onError: (error: unknown) => void,
): Promise<void> {
  let messages = 0;
  let bytes = 0;
  let paused = true;
  const markPause = () => {
    paused = true;
  };
  while (!socket.closed) {
    let parts: Buffer[];
    try {
      const received = socket.receive();
      // Runs when no more can be done in this turn, so not before a message that is here already.
      process.nextTick(markPause);
      parts = await received;
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
    } else if (paused) {
      messages = 0;
      bytes = 0;
      await endOfTurn();
    }
    paused = false;
  }
}

/** Resolves when all promise reactions of this turn have run, and what they led to was sent. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
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

import type { Buffer } from "node:buffer";

/** The receiving half of a ZeroMQ socket. */
export interface Receivable {
  readonly closed: boolean;
  receive(): Promise<Buffer[]>;
}

/** After this many messages or bytes the loop lets timers and other sockets run. */
const MESSAGES_PER_TURN = 64;
const BYTES_PER_TURN = 256 * 1024;

const settled = Promise.resolve();

/** Calls `next` when all that was put off to the end of this turn has run: after the sending, not in its midst. */
function endOfTurn(next: () => void): void {
  process.nextTick(() => {
    void settled.then(next);
  });
}

/**
 * Receives until the socket is closed, and hands every message to `onMessage` synchronously. `onMessage` returns
 * the bytes it took, and must not throw.
 *
 * Messages that wait in ZeroMQ are received without returning to the event loop, which would starve everything
 * else in the process; hence the budget. But what the first message after a pause leads to is sent before the next
 * one is asked for: asking costs as much as sending, and most often there is none.
 */
export function receiveLoop(
  socket: Receivable,
  onMessage: (parts: Buffer[]) => number,
  onError: (error: unknown) => void,
): void {
  let messages = 0;
  let bytes = 0;
  let paused = true;
  const markPause = () => {
    paused = true;
  };
  const receive = () => {
    if (socket.closed) return;
    try {
      socket.receive().then(received, failed);
    } catch (error) {
      failed(error);
      return;
    }
    // Runs after `received` when a message is here already, and before it when there is none yet.
    void settled.then(markPause);
  };
  const received = (parts: Buffer[]) => {
    messages += 1;
    bytes += onMessage(parts);
    if (messages >= MESSAGES_PER_TURN || bytes >= BYTES_PER_TURN) pauseThen(setImmediate);
    else if (paused) pauseThen(endOfTurn);
    else receive();
  };
  const pauseThen = (schedule: (receive: () => void) => void) => {
    messages = 0;
    bytes = 0;
    paused = false;
    schedule(receive);
  };
  const failed = (error: unknown) => {
    if (socket.closed) return;
    if (isAgain(error)) pauseThen(setImmediate);
    else onError(error);
  };
  receive();
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

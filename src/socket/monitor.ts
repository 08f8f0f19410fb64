import type { Event, Socket } from "zeromq";

/**
 * Hands every monitor event of a socket to `onEvent`, in order. The promise resolves when the socket is gone for
 * good: closed, lingered out and all its endpoints free again. It never rejects.
 */
export async function watch(socket: Socket, onEvent: (event: Event) => void): Promise<void> {
  const observer = socket.events;
  try {
    while (!observer.closed) {
      const event = await observer.receive();
      if (event.type === "end") return;
      onEvent(event);
    }
  } catch {
    // The process or its worker is ending, and ZeroMQ closed the observer under us.
  }
}

import { roundsProgram } from "./rounds-program.js";
import { measureStreams, type Reader } from "./streams.js";

/** What a contender's client program opens: a reader of streams, and how to let go of it. */
export interface OpenReader<Message> extends Reader<Message> {
  close(): unknown;
}

/**
 * Runs a client program that reads streams, after a first one.
 * @param unread streams among those that are open that nobody reads
 */
export async function streamClientProgram<Message>(
  open: (endpoint: string) => Promise<OpenReader<Message>>,
  unread = 0,
): Promise<void> {
  await roundsProgram(async (endpoint) => {
    const reader = await open(endpoint);
    await measureStreams(reader, 1, 0);
    return {
      round: ({ inFlight, seconds }) => measureStreams(reader, inFlight - unread, seconds),
      close: () => reader.close(),
    };
  });
}

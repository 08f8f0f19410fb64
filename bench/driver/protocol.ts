/**
 * What the runner and the measured programs say to each other: one JSON object per line,
 * orders on the program's standard input, answers on its standard output. The programs in C++ speak it too.
 * A program ends when its standard input does.
 */

/** An order to a client program: keep so many calls in flight, or streams open, for so long. */
export interface RunOrder {
  readonly run: { readonly case: string; readonly inFlight: number; readonly seconds: number };
}

/** An order to any program in JavaScript: tell what it takes of memory. */
export interface RssOrder {
  readonly rss: true;
}

export type Order = RunOrder | RssOrder;

/** The answer to it: bytes of resident memory. */
export interface Rss {
  readonly rss: number;
}

/** First line of a server program, when it can be called. */
export interface Listening {
  readonly endpoint: string;
}

/** First line of a client program, after its first call was answered, or its first stream has ended. */
export interface Ready {
  readonly ready: true;
}

/** What one round of a client gave: a rate, or for a serial case the median time of a call. */
export type RoundResult =
  | { readonly messagesPerSecond: number; readonly messages: number }
  | { readonly callsPerSecond: number; readonly calls: number }
  | { readonly p50us: number; readonly calls: number };

/** Any answer may be this instead: what went wrong, once and for all. */
export interface Failure {
  readonly error: string;
}

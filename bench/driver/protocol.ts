/**
 * What the runner and the measured programs say to each other: one JSON object per line,
 * orders on the program's standard input, answers on its standard output. The programs in C++ speak it too.
 * A program ends when its standard input does.
 */

/** An order to a client program: keep so many calls in flight, or streams open, for so long. */
export interface RunOrder {
  readonly run: {
    readonly case: string;
    readonly inFlight: number;
    readonly seconds: number;
    /** To a publisher program: of how many subjects, in turn. Default 1. */
    readonly subjects?: number;
  };
}

/** An order to any program in JavaScript: tell what it takes of memory. */
export interface RssOrder {
  readonly rss: true;
}

export type Order = RunOrder | RssOrder;

/** An order to a publisher program: publish for so long, or greet those who have just subscribed. */
export type PublisherOrder = RunOrder | { readonly greet: true };

/** What a publisher program published in a round. */
export interface Published {
  readonly published: number;
}

/**
 * What a subscriber program received in a round, from the first message to the mark at its end, by the clock that all
 * processes share; and how long messages were on their way, where that is measured.
 */
export interface Delivered {
  readonly messages: number;
  readonly beganUs: number;
  readonly endedUs: number;
  readonly p50us?: number;
  readonly p99us?: number;
}

/** The answer to `RssOrder`: bytes of resident memory. */
export interface Rss {
  readonly rss: number;
}

/** First line of a server program, when it can be called. */
export interface Listening {
  readonly endpoint: string;
}

/** First line of a client program, after its first call was answered, its first stream has ended, or a first publication has come. */
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

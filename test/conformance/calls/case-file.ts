/** How the requests and responses of a call go: the streams of its method, and for a bidirectional one its duplex. */
export type Kind =
  | "unary"
  | "idempotent-unary"
  | "server-stream"
  | "client-stream"
  | "bidi-half"
  | "bidi-full";

/** Bytes: a text, so many of a pattern, hexadecimal digits, or an encoded message. */
export type BytesValue =
  | string
  | { readonly bytes: number }
  | { readonly hex: string }
  | { readonly request: BytesValue }
  | { readonly response: BytesValue };

/** Key and value. */
export type PairValue = readonly [string, BytesValue];

/** What the server throws. */
export interface ErrorValue {
  readonly code: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: readonly { readonly type: string; readonly value: BytesValue }[];
}

/** A frame of heliograph.wire.v1, by hand. Enums by name or, where no such number is defined, by number. */
export interface FrameValue {
  readonly kind: string | number;
  readonly callId?: number;
  readonly method?: string;
  readonly codec?: string | number;
  readonly compression?: string | number;
  readonly payload?: BytesValue;
  readonly endStream?: boolean;
  readonly creditMessages?: number;
  readonly creditBytes?: number;
  readonly metadata?: readonly PairValue[];
  readonly trailers?: readonly PairValue[];
  readonly status?: { readonly code: string | number; readonly message?: string; readonly reason?: string };
}

/** What the server is told to answer; see `ResponseDefinition`. */
export interface RespondValue {
  readonly metadata?: readonly PairValue[];
  readonly data?: readonly BytesValue[];
  readonly delayMs?: number;
  readonly error?: ErrorValue;
  readonly trailers?: readonly PairValue[];
  readonly withoutInfo?: boolean;
  readonly compression?: string;
  /** The client is tested: these frames answer it. */
  readonly raw?: readonly FrameValue[];
}

/** What differs from the result that follows from the requests. */
export interface ExpectValue {
  /** So many of the responses that follow from the requests, or exactly these data without anything else. */
  readonly responses?: number | readonly BytesValue[];
  /** The call fails with one of these. */
  readonly codes?: readonly string[];
  readonly reason?: string;
  readonly from?: "peer" | "local";
  readonly notProcessed?: boolean;
  readonly unsentRequests?: number;
  readonly metadata?: readonly PairValue[];
  readonly trailers?: readonly PairValue[];
}

/** One case, before it is expanded over kinds, codecs, transports and `each`. */
export interface CaseTemplate {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** Default: protobuf. */
  readonly codecs?: readonly string[];
  /** Default: tcp. */
  readonly transports?: readonly string[];
  /** A case for each value of each name; `"$name"` anywhere in the case is replaced by it. */
  readonly each?: Readonly<Record<string, readonly (string | number)[]>>;
  /** Default: that of the kind. */
  readonly method?: string;
  readonly metadata?: readonly PairValue[];
  /** The data of each. Default: one request. */
  readonly requests?: readonly BytesValue[];
  /** The requests of a stream, and the data of the responses, so many times over. */
  readonly repeat?: number;
  readonly requestDelayMs?: number;
  /** `null`: the requests have no definition. */
  readonly respond?: RespondValue | null;
  readonly timeoutMs?: number;
  readonly cancel?: {
    readonly beforeCloseSend?: true;
    readonly afterCloseSendMs?: number;
    readonly afterNumResponses?: number;
  };
  readonly compression?: string;
  /** The largest message of either side. */
  readonly limit?: { readonly server?: number; readonly client?: number };
  /** How many bytes each encoded request has beyond the server's limit; the data are filled up. */
  readonly requestSizes?: readonly number[];
  /** The same of each response and the client's limit. */
  readonly responseSizes?: readonly number[];
  /** The server is tested: these frames are the call. */
  readonly raw?: readonly FrameValue[];
  readonly expect?: ExpectValue;
}

/** One file of cases. */
export interface CaseGroup {
  readonly group: string;
  readonly about: string;
  readonly cases: readonly CaseTemplate[];
}

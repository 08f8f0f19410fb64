import type { Buffer } from "node:buffer";

/**
 * The two kinds of socket that everything above is built from. Both ends of a connection speak in messages,
 * each a list of parts. The implementations are held to one contract (test/contract/socket.ts).
 *
 * Parts that were passed to `send` belong to the socket and must not be written to again:
 * ZeroMQ reads parts of more than 128 bytes from the sender's own memory, after `send` has returned.
 */

/** Why a connection ended. */
export type CloseReason =
  /** Nobody listens there, or the address can't be reached. */
  | "refused"
  /** The host name has no address. */
  | "unresolved"
  /** A connection was made, but the ZeroMQ handshake failed: another protocol, other security, a limit. */
  | "handshake-failed"
  /** A connection was made, and broke before the ZeroMQ handshake was done: the peer was ending, or speaks another protocol. */
  | "broken-off"
  /** An established connection broke: the peer went, cut us off, or stopped answering. */
  | "disconnected"
  /** `close` was called on this side. */
  | "closed";

/** What a dialed connection tells, never from within a call of the dialer's. No method is called after `closed`. */
export interface DialerEvents {
  /** The ZeroMQ handshake is complete. Called at most once, before the first message. */
  opened(): void;
  /**
   * A message arrived. `bytes` is what its parts took on the wire, before the tap saw them;
   * `parts` is empty when the tap dropped it.
   */
  message(parts: Buffer[], bytes: number): void;
  /**
   * The connection is over, for good: a dialer never reconnects. Called exactly once. Where the peer or the network
   * ended it, all messages that had arrived come first; `close` delivers none any more.
   */
  closed(reason: CloseReason, cause?: Error): void;
}

/** What a listening socket tells. */
export interface ListenerEvents {
  /** A message arrived from the peer with this routing id. `bytes` and empty `parts` as in `DialerEvents`. */
  message(routingId: Buffer, parts: Buffer[], bytes: number): void;
  /**
   * The peer with this routing id has gone, after its last message; or a message to it could not be handed
   * over because it is gone or doesn't read. Best effort, may be repeated, may name an unknown peer.
   */
  left(routingId: Buffer): void;
}

/** One connection to one endpoint (a DEALER). Sending before `opened` is allowed. */
export interface Dialer extends AsyncDisposable {
  /**
   * Hands a message over, in order. Never waits and never throws; a failure ends the connection. So do too many
   * messages that the peer does not take (256): the layer above keeps fewer than that under way.
   *
   * A message of one empty part says that its sender is gone, and may not be sent.
   *
   * @returns the bytes of all parts that went to the wire; 0 when the tap dropped the message or the connection is over.
   */
  send(parts: Uint8Array[]): number;
  /**
   * Ends the connection. Messages already handed over get `lingerMs` (default 1000) to leave; resolves when they
   * have, or the time is over. Always ends; a second call returns the first one's promise.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** One bound endpoint with any number of peers (a ROUTER). */
export interface Listener extends AsyncDisposable {
  /** Where it is bound, with the real port in place of a wildcard. */
  readonly endpoint: string;
  /**
   * As `Dialer.send`, to one peer. A peer that is gone is reported by `left`; one that doesn't read is cut off as by
   * `disconnect`, since it has lost a message.
   */
  send(routingId: Uint8Array, parts: Uint8Array[]): number;
  /**
   * Cuts off one peer and leaves all others alone: the peer is told, nothing is sent to it and nothing of it is
   * delivered any more, and `left` is called. The kit's dialers then close. ZeroMQ can't close a single connection,
   * so that of a peer which does not care stays open and mute until it goes.
   */
  disconnect(routingId: Uint8Array): Promise<void>;
  /** As `Dialer.close`. Once it resolves, the endpoint is free. No event is told from the call on. */
  close(options?: CloseOptions): Promise<void>;
}

/** How a socket is closed. */
export interface CloseOptions {
  /** How long what was handed over may take to leave, in milliseconds. Default 1,000. */
  readonly lingerMs?: number | undefined;
}

/** How a connection is dialed. */
export interface DialOptions {
  /** What the server will know this connection by: 16 secret random bytes, never shown or logged. */
  readonly routingId: Uint8Array;
}

/** Makes sockets for one scheme of endpoints. */
export interface SocketFactory {
  /** Where a node listens when it was not told. Default `tcp://127.0.0.1:*`. */
  readonly anyEndpoint?: string | undefined;
  /** Binds, and resolves once bound. Rejects with UNAVAILABLE when the endpoint is taken, INVALID_ARGUMENT when it is malformed. */
  listen(endpoint: string, events: ListenerEvents): Promise<Listener>;
  /** Starts to connect and returns at once; all failures arrive as `closed`. */
  dial(endpoint: string, events: DialerEvents, options: DialOptions): Dialer;
  /**
   * Whether the process that listens there lives: its I/O thread answers also while its event loop is blocked. False
   * when nobody listens, or nothing came within `timeoutMs`. Never rejects. Its absence means that it can't be known.
   */
  probe?(endpoint: string, timeoutMs: number): Promise<boolean>;
}

/** One ZeroMQ message as the tap sees it, before encryption. */
export interface TappedMessage {
  readonly direction: "in" | "out";
  readonly endpoint: string;
  readonly parts: readonly Uint8Array[];
}

/**
 * Sees every message of every socket, in both directions, and may change or drop it: the parts it returns
 * travel on; `undefined` drops the message. It runs on the hot path and must not throw.
 */
export type Tap = (message: TappedMessage) => readonly Uint8Array[] | undefined;

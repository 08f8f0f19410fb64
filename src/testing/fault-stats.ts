/** How often something went wrong, so that a test can tell that it did. */
export interface FaultStats {
  /** Connections that were dialed. */
  readonly connections: number;
  /** ZeroMQ messages, in both directions. */
  readonly messages: number;
  /** Messages of calls that got lost; what followed them in their call is not counted. */
  readonly dropped: { readonly requests: number; readonly answers: number };
  /** Requests that arrived twice. */
  readonly duplicated: number;
  /** ZeroMQ messages in which calls or answers changed places. */
  readonly reordered: number;
  /** ZeroMQ messages that took longer. */
  readonly delayed: number;
  /** Connections that were broken. */
  readonly cut: number;
  /** Connections that were refused. */
  readonly refused: number;
}

/** The same while it is counted. */
export type FaultCounts = { -readonly [K in Exclude<keyof FaultStats, "dropped">]: number } & {
  readonly dropped: { requests: number; answers: number };
};

export function noFaultsYet(): FaultCounts {
  return {
    connections: 0,
    messages: 0,
    dropped: { requests: 0, answers: 0 },
    duplicated: 0,
    reordered: 0,
    delayed: 0,
    cut: 0,
    refused: 0,
  };
}

/** Such as `3 requests and 1 answer dropped, 2 connections cut`; only what happened. */
export function showStats(stats: FaultStats): string {
  const said = [
    [stats.dropped.requests, "requests dropped"],
    [stats.dropped.answers, "answers dropped"],
    [stats.duplicated, "duplicated"],
    [stats.reordered, "reordered"],
    [stats.delayed, "delayed"],
    [stats.cut, "connections cut"],
    [stats.refused, "connections refused"],
  ] as const;
  const happened = said.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [`${stats.messages} messages`, ...happened].join(", ");
}

import type { Rival } from "./against.js";
import { cases, type RaceName } from "./cases.js";
import {
  type Contender,
  ours,
  oursFound,
  oursOnTopic,
  oursWithSessions,
  oursWithUnread,
  peer,
  peerOnTopic,
} from "./contender.js";
import { grpcCppBinaries } from "./grpc-cpp.js";
import { type Checkout, here } from "./paths.js";
import type { PeerName } from "./peers.js";
import type { Missing } from "./row.js";
import type { Obstacles } from "./setup-peers.js";

/** A peer that takes part, or one that cannot and why. */
export type Entrant = Contender | (Missing & { readonly name: string });

/** Who runs a case: Heliograph, and what it is compared with. */
export interface Field {
  readonly ours: Contender;
  readonly others: readonly Entrant[];
}

/**
 * Heliograph beside the peers that the user wants, or beside itself: many sessions and one, streams unread and read,
 * servers found and known.
 */
export function beside(name: RaceName, wanted: readonly PeerName[], obstacles: Obstacles): Field {
  const found = cases[name];
  const entrants = (names: readonly PeerName[], contender: (name: PeerName) => Contender): Entrant[] =>
    names
      .filter((other) => wanted.includes(other))
      .map((other) => {
        const missing = obstacles.get(other);
        return missing === undefined ? contender(other) : { name: other, missing };
      });
  switch (found.kind) {
    case "peers":
      return {
        ours: ours(name, here),
        others: entrants(found.peers, (other) => peer(other, name, here, grpcCppBinaries(here))),
      };
    case "topic":
      return {
        ours: oursOnTopic(found, here),
        others: entrants(found.peers, (other) => peerOnTopic(other, found, here)),
      };
    case "growth":
      return {
        ours: oursWithSessions(here, "ours", found.sessions),
        others: [{ ...oursWithSessions(here, "one-session", 1), inFlight: found.inFlightOfOne }],
      };
    case "unread":
      return {
        ours: oursWithUnread(here, "ours", found.unread),
        others: [oursWithUnread(here, "all-read", 0)],
      };
    case "found":
      return {
        ours: oursFound(here, "ours", 1),
        others: [ours(name, here, "connect-to"), oursFound(here, "three-instances", found.instances)],
      };
  }
}

/** Heliograph beside another commit of itself. */
export function besideCommit(name: RaceName, rival: Rival, revision: string): Field {
  const contender = (checkout: Checkout, as: string) => {
    const found = cases[name];
    switch (found.kind) {
      case "peers":
        return ours(name, checkout, as);
      case "growth":
        return oursWithSessions(checkout, as, found.sessions);
      case "unread":
        return oursWithUnread(checkout, as, found.unread);
      case "found":
        return oursFound(checkout, as, 1);
      case "topic":
        return oursOnTopic(found, checkout, as);
    }
  };
  const missing = rival.missing.get(name);
  return {
    ours: contender(here, "ours"),
    others: [missing === undefined ? contender(rival.checkout, revision) : { name: revision, missing }],
  };
}

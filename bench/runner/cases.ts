import { payloadBytes } from "../driver/payload.js";
import { type Publications, pictureBytes } from "../driver/publications.js";
import type { PeerName } from "./peers.js";

/** Contenders do the same, and their figures are compared: Heliograph and its peers. */
export interface PeerCase {
  readonly kind: "peers";
  readonly summary: string;
  readonly unit: Unit;
  /** Calls in flight, or streams at a time, one row each. */
  readonly inFlight: readonly number[];
  /** Whether other settings than these mean anything. */
  readonly anyInFlight: boolean;
  readonly peers: readonly PeerName[];
}

/** Heliograph with many client sessions on one server, compared with itself with one. */
export interface GrowthCase {
  readonly kind: "growth";
  readonly summary: string;
  readonly unit: Unit;
  /** Calls in flight over all sessions, one row each. */
  readonly inFlight: readonly number[];
  readonly anyInFlight: boolean;
  readonly sessions: number;
  /** Calls in flight of the one session beside them: as many as a session is granted, or nearly. */
  readonly inFlightOfOne: number;
}

/** Streams of Heliograph on one session, some of which nobody reads, compared with the same where all are read. */
export interface UnreadCase {
  readonly kind: "unread";
  readonly summary: string;
  readonly unit: Unit;
  /** Streams at a time, those that nobody reads among them, one row each. */
  readonly inFlight: readonly number[];
  readonly anyInFlight: boolean;
  readonly unread: number;
}

/** Heliograph finding its servers through a registry, compared with itself told where they are. */
export interface FoundCase {
  readonly kind: "found";
  readonly summary: string;
  readonly unit: Unit;
  /** Calls in flight, one row each. */
  readonly inFlight: readonly number[];
  readonly anyInFlight: boolean;
  /** Instances of the service in a third contender, all in one process. */
  readonly instances: number;
}

/** One publisher and its subscribers, each in a process: Heliograph and its peers. */
export interface TopicCase {
  readonly kind: "topic";
  readonly summary: string;
  readonly unit: Unit;
  /** How many there are of what it counts, one row each. */
  readonly inFlight: readonly number[];
  readonly anyInFlight: boolean;
  /** What the number of a row is; there is one of the other. */
  readonly counts: "subscribers" | "subjects";
  readonly publications: Publications;
  /** Of one message, where they are not those of a call. */
  readonly bytes?: number;
  readonly peers: readonly PeerName[];
}

/** What Heliograph alone takes: no race, and rows of their own. */
export interface OwnCase {
  readonly summary: string;
}

/** Names of the cases that are races: a row for each number of calls in flight. */
export type RaceName =
  | "unary"
  | "unary-serial"
  | "server-stream"
  | "bidi-serial"
  | "stream-unread"
  | "growth"
  | "unary-discovery"
  | "pubsub"
  | "pubsub-fanout"
  | "pubsub-subjects"
  | "pubsub-22k"
  | "pubsub-latency";
/** Names of the others. */
export type OwnName = "memory" | "discovery" | "registry";
export type CaseName = RaceName | OwnName;
export type RaceCase = PeerCase | GrowthCase | UnreadCase | FoundCase | TopicCase;
export type Unit = "calls/s" | "messages/s" | "deliveries/s" | "µs";

/** Every case by its name. */
export const cases: Readonly<Record<RaceName, RaceCase> & Record<OwnName, OwnCase>> = {
  unary: {
    kind: "peers",
    summary: "unary calls per second, typed, 32 bytes each way",
    unit: "calls/s",
    inFlight: [64, 256, 1024],
    anyInFlight: true,
    peers: ["grpc-js", "zeromq", "nats", "grpc-cpp"],
  },
  "unary-serial": {
    kind: "peers",
    summary: "median time of unary calls one after the other, 32 bytes each way",
    unit: "µs",
    inFlight: [1],
    anyInFlight: false,
    peers: ["grpc-js", "zeromq", "nats", "grpc-cpp"],
  },
  "server-stream": {
    kind: "peers",
    summary: "messages per second of streams from server to client, typed, 32 bytes each",
    unit: "messages/s",
    inFlight: [1],
    anyInFlight: true,
    peers: ["grpc-js", "zeromq", "grpc-cpp"],
  },
  "bidi-serial": {
    kind: "peers",
    summary: "median time of a message and its answer, one after the other on one stream, 32 bytes each way",
    unit: "µs",
    inFlight: [1],
    anyInFlight: false,
    peers: ["grpc-js", "zeromq", "grpc-cpp"],
  },
  "stream-unread": {
    kind: "unread",
    summary:
      "messages per second of 1,000 streams on one session, one of them never read, beside all of them read",
    unit: "messages/s",
    inFlight: [1_000],
    anyInFlight: true,
    unread: 1,
  },
  growth: {
    kind: "growth",
    summary: "unary calls per second of 1,000 client sessions on one server, beside one session",
    unit: "calls/s",
    inFlight: [1_000, 64_000],
    anyInFlight: true,
    sessions: 1_000,
    inFlightOfOne: 1_000,
  },
  "unary-discovery": {
    kind: "found",
    summary: "unary calls per second of a node that finds its server, beside connectTo and three instances",
    unit: "calls/s",
    inFlight: [64, 256, 1024],
    anyInFlight: true,
    instances: 3,
  },
  pubsub: {
    kind: "topic",
    summary: "deliveries per second of one publisher to one subscriber, typed, 32 bytes each",
    unit: "deliveries/s",
    inFlight: [1],
    anyInFlight: false,
    counts: "subscribers",
    publications: "ticks",
    peers: ["zeromq", "nats"],
  },
  "pubsub-fanout": {
    kind: "topic",
    summary:
      "deliveries per second of one publisher to all its subscribers together, each in a process, typed, 32 bytes each",
    unit: "deliveries/s",
    inFlight: [2, 4, 8],
    anyInFlight: true,
    counts: "subscribers",
    publications: "ticks",
    peers: ["zeromq", "nats"],
  },
  "pubsub-subjects": {
    kind: "topic",
    summary:
      "deliveries per second of one publisher to one subscriber, subjects in turn, typed, 32 bytes each",
    unit: "deliveries/s",
    inFlight: [10, 100, 1_000],
    anyInFlight: true,
    counts: "subjects",
    publications: "readings",
    peers: ["zeromq", "nats"],
  },
  "pubsub-22k": {
    kind: "topic",
    summary: "deliveries per second of one publisher to one subscriber, 22,000 bytes each",
    unit: "deliveries/s",
    inFlight: [1],
    anyInFlight: false,
    counts: "subscribers",
    publications: "pictures",
    bytes: pictureBytes,
    peers: ["zeromq"],
  },
  "pubsub-latency": {
    kind: "topic",
    summary: "median time from publishing to delivery at 10,000 publications a second, typed, 32 bytes each",
    unit: "µs",
    inFlight: [1],
    anyInFlight: false,
    counts: "subscribers",
    publications: "timed",
    peers: ["zeromq", "nats"],
  },
  memory: {
    summary: "memory of an idle node, of a client session and of a call in flight",
  },
  discovery: {
    summary: "1,000, 3,000 and 10,000 nodes that find each other, on a network in memory",
  },
  registry: {
    summary: "a registry with 1,000 nodes over tcp, when nothing happens",
  },
};

export const raceNames = [
  "unary",
  "unary-serial",
  "server-stream",
  "bidi-serial",
  "stream-unread",
  "growth",
  "unary-discovery",
  "pubsub",
  "pubsub-fanout",
  "pubsub-subjects",
  "pubsub-22k",
  "pubsub-latency",
] as const satisfies readonly RaceName[];
export const ownNames = ["memory", "discovery", "registry"] as const satisfies readonly OwnName[];

/** Bytes of one message of a case: a request, an answer, a publication. */
export function bytesOf(name: RaceName): number {
  const found = cases[name];
  return ("bytes" in found ? found.bytes : undefined) ?? payloadBytes;
}

/** What the number of a row counts. */
export function countedBy(name: RaceName): "in flight" | TopicCase["counts"] {
  const found = cases[name];
  return found.kind === "topic" ? found.counts : "in flight";
}

export const caseNames: readonly CaseName[] = [...raceNames, ...ownNames];

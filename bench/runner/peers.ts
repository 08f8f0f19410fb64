/** A tool or package a peer needs, and the Debian packages that bring it. */
export interface SystemNeed {
  /** Shell test that succeeds when it is there. */
  readonly probe: string;
  readonly packages: readonly string[];
}

/** A system that Heliograph is compared with. */
export interface Peer {
  readonly summary: string;
  /** Package of bench/package.json that has to be installed. */
  readonly module?: string;
  readonly system?: SystemNeed;
}

export const peers = {
  "grpc-js": {
    summary: "@grpc/grpc-js, unary calls of a typed stub",
    module: "@grpc/grpc-js",
  },
  zeromq: {
    summary: "plain zeromq.js, DEALER/ROUTER (serial: REQ/REP), one message per call, no protobuf",
    module: "zeromq",
  },
  nats: {
    summary: "nats.js request/reply through nats-server, no protobuf",
    module: "@nats-io/transport-node",
    system: { probe: "command -v nats-server", packages: ["nats-server"] },
  },
  "grpc-cpp": {
    summary: "gRPC C++, asynchronous client and callback server",
    system: {
      probe:
        "command -v g++ && command -v protoc && command -v grpc_cpp_plugin && pkg-config --exists grpc++ protobuf",
      packages: [
        "g++",
        "pkg-config",
        "libgrpc++-dev",
        "libprotobuf-dev",
        "protobuf-compiler",
        "protobuf-compiler-grpc",
      ],
    },
  },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;

export const peerNames = Object.keys(peers) as PeerName[];

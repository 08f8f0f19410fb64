/** What a peer needs of the system: a shell test that succeeds when it is there, and the Debian packages that bring it. */
export interface DebianNeed {
  readonly probe: string;
  readonly packages: readonly string[];
}

/** A system that Heliograph is compared with. */
export interface Peer {
  readonly summary: string;
  /** Whether it needs the npm packages of bench/package.json. */
  readonly npm: boolean;
  readonly debian?: DebianNeed;
}

export type PeerName = "grpc-js" | "zeromq" | "nats" | "grpc-cpp";

/** Every peer by its name. */
export const peers: Readonly<Record<PeerName, Peer>> = {
  "grpc-js": {
    summary: "@grpc/grpc-js, a typed stub",
    npm: true,
  },
  zeromq: {
    summary: "plain zeromq.js, DEALER/ROUTER (serial calls: REQ/REP), one message for each, no protobuf",
    npm: true,
  },
  nats: {
    summary: "nats.js request/reply through nats-server, no protobuf",
    npm: true,
    debian: { probe: "command -v nats-server", packages: ["nats-server"] },
  },
  "grpc-cpp": {
    summary: "gRPC C++, asynchronous client and callback server",
    npm: false,
    debian: {
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
};

export const peerNames = Object.keys(peers) as PeerName[];

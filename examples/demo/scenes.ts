/** One example: its servers, and the clients that are run against them. */
export interface Scene {
  readonly title: string;
  readonly folder: string;
  readonly servers: number;
  /** The file of a server that the servers call; they are told its endpoint. */
  readonly behind?: string;
  /** Of the servers, how many the clients kill. */
  readonly killed: number;
  readonly clients: readonly SceneClient[];
}

export interface SceneClient {
  readonly file: string;
  readonly args?: readonly string[];
  /** What the audience should know of it. */
  readonly says?: string;
  /** How many of it run at a time. */
  readonly copies?: number;
}

const client: SceneClient = { file: "client.ts" };

export const scenes: readonly Scene[] = [
  { title: "Hello from another process", folder: "01-greeter", servers: 1, killed: 0, clients: [client] },
  { title: "A walk, step by step", folder: "02-geometry", servers: 1, killed: 0, clients: [client] },
  {
    title: "Words, typed and bare",
    folder: "03-words",
    servers: 1,
    killed: 0,
    clients: [
      { ...client, says: "generated client" },
      { file: "bare.ts", args: ["repaid"], says: "bare REQ socket: two parts there, two back" },
      { file: "bare.py", args: ["drawer"], says: "the same in ten lines of Python" },
    ],
  },
  {
    title: "How busy is this machine? Three clients ask",
    folder: "04-machine",
    servers: 1,
    killed: 0,
    clients: [{ ...client, copies: 3 }],
  },
  { title: "Errors, deadlines, cancellation", folder: "05-errors", servers: 1, killed: 0, clients: [client] },
  {
    title: "kill -9 with calls in flight",
    folder: "06-failover",
    servers: 2,
    killed: 1,
    clients: [client],
  },
  { title: "Many calls in flight", folder: "07-throughput", servers: 1, killed: 0, clients: [client] },
  {
    title: "20 MB beside small calls",
    folder: "08-large-payloads",
    servers: 1,
    killed: 0,
    clients: [client],
  },
  { title: "Streams in every direction", folder: "09-streams", servers: 1, killed: 0, clients: [client] },
  {
    title: "A stream that outlives its connection",
    folder: "10-resume",
    servers: 1,
    killed: 0,
    clients: [client],
  },
  {
    title: "Retries, and effects that happen once",
    folder: "11-retries",
    servers: 2,
    killed: 1,
    clients: [client],
  },
  { title: "One way, and to all", folder: "12-fan-out", servers: 3, killed: 0, clients: [client] },
  {
    title: "Interceptors, and deadlines that are handed on",
    folder: "13-interceptors",
    servers: 1,
    behind: "oven.ts",
    killed: 0,
    clients: [client],
  },
  {
    title: "Tests without ports, and with faults",
    folder: "14-testing",
    servers: 0,
    killed: 0,
    clients: [{ file: "check.ts" }],
  },
  {
    title: "Five services that find each other, killed, hung and restarted",
    folder: "15-bakery",
    servers: 0,
    killed: 0,
    clients: [{ file: "main.ts" }],
  },
  {
    title: "What this machine measures, published; one subscriber falls behind, and is told",
    folder: "16-sensors",
    servers: 0,
    killed: 0,
    clients: [{ file: "main.ts" }],
  },
];

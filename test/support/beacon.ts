import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { beacon } from "../../src/discovery/beacon/beacon.js";
import { readDatagram } from "../../src/discovery/beacon/beacon-datagram.js";
import type { BeaconOptions } from "../../src/discovery/beacon/beacon-options.js";
import type { Announcement } from "../../src/naming/instance.js";
import type { OpenResolver, ResolverHost } from "../../src/naming/resolver.js";
import { until } from "./within.js";

/** A group and a port that no other test has, over loopback. */
export interface TestLan {
  readonly group: string;
  readonly port: number;
  readonly interfaces: readonly string[];
}

/** A beacon that a test has opened. */
export interface OpenedBeacon extends OpenResolver, AsyncDisposable {
  announce(announcement: Announcement): Promise<void>;
  withdraw(): Promise<void>;
}

export async function testLan(): Promise<TestLan> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  const byte = () => Math.floor(Math.random() * 256);
  return { group: `239.255.${byte()}.${byte()}`, port, interfaces: ["127.0.0.1"] };
}

export function openBeacon(host: ResolverHost, options: BeaconOptions): OpenedBeacon {
  const opened = beacon(options).open(host);
  return {
    watch: (service, listener) => opened.watch(service, listener),
    announce: async (announcement) => opened.announce?.(announcement),
    withdraw: async () => opened.withdraw?.(),
    close: () => opened.close(),
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

/** A socket of a test that sends what it likes, and keeps what it hears. */
export interface LanSocket extends AsyncDisposable {
  readonly heard: readonly Buffer[];
  send(bytes: Uint8Array): Promise<void>;
  /** Waits until somebody has asked who is there: who asks, listens. */
  asked(): Promise<void>;
}

export async function lanSocket({ group, port, interfaces }: TestLan): Promise<LanSocket> {
  const [address = ""] = interfaces;
  const heard: Buffer[] = [];
  const receiver = createSocket({ type: "udp4", reuseAddr: true });
  receiver.on("message", (bytes) => heard.push(bytes));
  receiver.bind(port, group);
  const sender = createSocket("udp4").bind(0, address);
  await Promise.all([once(receiver, "listening"), once(sender, "listening")]);
  receiver.addMembership(group, address);
  sender.setMulticastInterface(address);
  sender.setMulticastLoopback(true);
  return {
    heard,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        sender.send(bytes, port, group, (error) => (error === null ? resolve() : reject(error)));
      }),
    asked: () =>
      until(20_000, "a question", () =>
        heard.some((bytes) => readDatagram(bytes, undefined).kind === "query"),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([receiver, sender].map(closed));
    },
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

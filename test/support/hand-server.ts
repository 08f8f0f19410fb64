import type { Buffer } from "node:buffer";
import { type Frame, type Limits, Packet, Welcome } from "../../src/gen/heliograph/wire/v1/wire.js";
import type { HeliographError } from "../../src/index.js";
import type { Listener, SocketFactory } from "../../src/socket/socket.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { writeGoaway } from "../../src/wire/handshake.js";
import { initialLimits, type StreamCredit } from "../../src/wire/limits.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import { writeStatus } from "../../src/wire/status.js";
import { frame, packet } from "./raw-peer.js";

type Fields = (writer: PacketWriter) => void;

/** A session with a server that is written by hand, which says what a test tells it. */
export class HandSession {
  /** Of calls, in order. */
  readonly frames: Frame[] = [];
  /** It tells how much it has read, so that the client may send on. */
  private reads: boolean;
  private readonly say: (parts: Buffer[]) => void;
  private waiters: (() => void)[] = [];
  private readonly read: [number, number] = [0, 0];

  constructor(reads: boolean, say: (parts: Buffer[]) => void) {
    this.reads = reads;
    this.say = say;
  }

  send(write: Fields): void {
    this.say(packet(write, this.reads ? this.read : [0, 0]));
  }

  /** Tells from now on how much it has read. */
  readOn(): void {
    this.reads = true;
    this.send((writer) => frame(writer, FrameKind.Credit, 0));
  }

  /** Nothing is started, or goes on, of calls above this id. */
  goaway(lastCallId = 0): void {
    this.send((writer) =>
      frame(writer, FrameKind.Goaway, 0, () => writeGoaway(writer, lastCallId, 1_000, undefined)),
    );
  }

  /** The call ends with an error. */
  refuse(callId: number, error: HeliographError): void {
    this.send((writer) => frame(writer, FrameKind.End, callId, () => writeStatus(writer, error)));
  }

  /** Frames of this kind for a call. */
  of(kind: number, callId = 1): Frame[] {
    return this.frames.filter((each) => each.kind === kind && Number(each.callId) === callId);
  }

  /** Resolves once what has arrived is so. */
  async until(condition: (session: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** For the server: a message has arrived. */
  take(parts: Buffer[], bytes: number): Frame[] {
    const [part, ...attachments] = parts;
    const { frames } = Packet.decode(part!);
    for (const each of frames) if (each.attached) each.payload = attachments.shift();
    if (frames.some(({ kind, callId }) => counts(kind, Number(callId)))) {
      this.read[0] += bytes;
      this.read[1]++;
      if (this.reads) this.send((writer) => frame(writer, FrameKind.Credit, 0));
    }
    this.frames.push(...frames.filter(({ callId }) => Number(callId) > 0));
    for (const told of this.waiters.splice(0)) told();
    return frames;
  }
}

/** How a session of it is. */
export interface HandSessionOptions {
  readonly features?: readonly string[];
  /** What it grants to each stream at first. Default: what the kit does. */
  readonly credit?: StreamCredit;
  /** Whether it tells how much it has read. Default true. */
  readonly reads?: boolean;
  /** It does not greet. */
  readonly mute?: boolean;
}

/** A server that is written by hand: it greets each client, and leaves all else to its test. */
export class HandServer implements AsyncDisposable {
  private readonly sessions: HandSession[] = [];
  private readonly byClient = new Map<string, HandSession>();
  private readonly options: readonly HandSessionOptions[];
  private listener: Listener | undefined;
  private waiters: (() => void)[] = [];

  /** @param options of its sessions, in the order in which they come */
  private constructor(options: readonly HandSessionOptions[]) {
    this.options = options;
  }

  static async listen(
    network: SocketFactory,
    ...options: readonly HandSessionOptions[]
  ): Promise<HandServer> {
    const server = new HandServer(options);
    server.listener = await network.listen("memory://*", {
      message: (routingId, parts, bytes) => server.take(routingId, parts, bytes),
      left() {},
    });
    return server;
  }

  get endpoint(): string {
    return this.listener?.endpoint ?? "";
  }

  /** A session, from 0, once it is there. */
  async session(index: number): Promise<HandSession> {
    for (;;) {
      const session = this.sessions[index];
      if (session !== undefined) return session;
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener?.close();
  }

  private take(routingId: Buffer, parts: Buffer[], bytes: number): void {
    if (parts[0]?.length === 0) return;
    const key = routingId.toString("hex");
    let session = this.byClient.get(key);
    if (session === undefined) {
      const { reads = true } = this.options[this.sessions.length] ?? {};
      session = new HandSession(reads, (each) => void this.listener?.send(routingId, each));
      this.byClient.set(key, session);
      this.sessions.push(session);
    }
    for (const { kind } of session.take(parts, bytes)) if (kind === FrameKind.Hello) this.greet(session);
    for (const told of this.waiters.splice(0)) told();
  }

  private greet(session: HandSession): void {
    const options = this.options[this.sessions.indexOf(session)] ?? {};
    if (options.mute) return;
    const { features = ["gzip"], credit } = options;
    const limits: Limits = {
      maxCalls: initialLimits.maxCalls,
      windowBytes: BigInt(initialLimits.windowBytes),
      windowPackets: initialLimits.windowPackets,
      chunkBytes: BigInt(initialLimits.chunkBytes),
      messageBytes: BigInt(initialLimits.messageBytes),
      streamCreditMessages: credit?.messages ?? 256,
      streamCreditBytes: BigInt(credit?.bytes ?? 65_536),
      metadataBytes: initialLimits.metadataBytes,
    };
    const welcome = Welcome.create({ version: 1, node: "hand", instance: "hand", epoch: 1n, limits });
    session.send((writer) =>
      frame(writer, FrameKind.Welcome, 0, () =>
        writer.sub(FrameField.welcome, Welcome, { ...welcome, features: [...features] }),
      ),
    );
  }
}

function counts(kind: number, callId: number): boolean {
  if (kind === FrameKind.Credit) return callId > 0;
  return kind !== FrameKind.Ping && kind !== FrameKind.Pong && kind !== FrameKind.Goaway;
}

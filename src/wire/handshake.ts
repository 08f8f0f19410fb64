import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import {
  Goaway,
  Hello,
  type Limits as LimitsMessage,
  type ServedService,
  Welcome,
} from "../gen/heliograph/wire/v1/wire.js";
import { decodeMessage } from "./decode-message.js";
import { protocolViolation } from "./fault.js";
import { type Frame, FrameField } from "./frame.js";
import { firstCredit, initialLimits, type Limits, MAX_METADATA_BYTES, MIN_CHUNK_BYTES } from "./limits.js";
import type { PacketWriter } from "./packet-writer.js";
import { writeStatus } from "./status.js";

/** The versions of the protocol that this kit speaks. */
export const VERSIONS: readonly number[] = [1];

const MAX_NAME_CHARS = 256;
const MAX_FEATURES = 32;
const MAX_FEATURE_CHARS = 64;

/** Services of one WELCOME: more than any node has, and few enough to keep. */
const MAX_SERVICES = 4096;

/** The one server that a client means: a reused address leads to others. */
export interface ExpectedServer {
  readonly instance: string;
  readonly epoch: number;
}

/** Who a node is. */
export interface Identity {
  /** Name of the node, as its owner chose it. */
  readonly node: string;
  /** One node object in one process. */
  readonly instance: string;
  /** Grows with every life of the instance. */
  readonly epoch: number;
}

/** What HELLO or WELCOME say of the side that sends them. */
export interface Introduction extends Identity {
  readonly versions: readonly number[];
  /** Optional parts of the protocol; of compressions those that the side can undo. */
  readonly features: readonly string[];
  readonly heartbeatMs: number;
  readonly limits: Limits;
}

/**
 * Writes the body of HELLO into the frame that was begun.
 *
 * @param expect the server that the client means; undefined for whoever listens there
 */
export function writeHello(
  writer: PacketWriter,
  self: Introduction,
  expect?: ExpectedServer | undefined,
): void {
  writer.sub(FrameField.hello, Hello, {
    versions: [...self.versions],
    node: self.node,
    instance: self.instance,
    epoch: BigInt(self.epoch),
    features: [...self.features],
    heartbeatMs: self.heartbeatMs,
    expect: expect && { instance: expect.instance, epoch: BigInt(expect.epoch) },
    limits: limitsMessage(self.limits),
    publicKey: new Uint8Array(),
    proof: new Uint8Array(),
    nonce: new Uint8Array(),
  });
}

/** Writes the body of WELCOME into the frame that was begun. */
export function writeWelcome(
  writer: PacketWriter,
  self: Introduction,
  version: number,
  services: readonly ServedService[] = [],
): void {
  writer.sub(FrameField.welcome, Welcome, {
    version,
    node: self.node,
    instance: self.instance,
    epoch: BigInt(self.epoch),
    features: [...self.features],
    heartbeatMs: self.heartbeatMs,
    publishEndpoint: "",
    limits: limitsMessage(self.limits),
    services: [...services],
  });
}

/** Writes the body of GOAWAY into the frame that was begun: the last call that was started, and the fault if it is for one. */
export function writeGoaway(
  writer: PacketWriter,
  lastCallId: number,
  graceMs: number,
  error: HeliographError | undefined,
): void {
  if (error !== undefined) writeStatus(writer, error);
  writer.sub(FrameField.goaway, Goaway, { lastCallId: BigInt(lastCallId), graceMs, versions: [...VERSIONS] });
}

/** What a server needs of HELLO. */
export interface ReceivedHello extends Introduction {
  readonly expect: ExpectedServer | undefined;
}

/** What a client gets of WELCOME. */
export interface ReceivedWelcome extends Introduction {
  /** What the server served when the session began. */
  readonly services: readonly ServedService[];
}

/** @throws MalformedMessage, or HeliographError PROTOCOL_VIOLATION for names, features or limits that can't be */
export function readHello(frame: Frame): ReceivedHello {
  const hello = decodeMessage(Hello, frame.buf, frame.bodyStart, frame.bodyEnd);
  checkNames(hello);
  return {
    versions: hello.versions,
    node: hello.node,
    instance: hello.instance,
    epoch: Number(hello.epoch),
    features: featuresOf(hello),
    heartbeatMs: hello.heartbeatMs,
    limits: limitsOf(hello.limits),
    expect:
      hello.expect === undefined
        ? undefined
        : { instance: hello.expect.instance, epoch: Number(hello.expect.epoch) },
  };
}

/** As `readHello`; the one version is the one that the server chose. */
export function readWelcome(frame: Frame): ReceivedWelcome {
  const welcome = decodeMessage(Welcome, frame.buf, frame.bodyStart, frame.bodyEnd);
  checkNames(welcome);
  return {
    versions: [welcome.version],
    node: welcome.node,
    instance: welcome.instance,
    epoch: Number(welcome.epoch),
    features: featuresOf(welcome),
    heartbeatMs: welcome.heartbeatMs,
    limits: limitsOf(welcome.limits),
    services: servicesOf(welcome.services),
  };
}

/** @throws MalformedMessage */
export function readGoaway(frame: Frame): { readonly lastCallId: number; readonly graceMs: number } {
  const goaway = decodeMessage(Goaway, frame.buf, frame.bodyStart, frame.bodyEnd);
  return { lastCallId: Number(goaway.lastCallId), graceMs: goaway.graceMs };
}

/**
 * The highest version that both sides speak.
 *
 * @throws HeliographError UNIMPLEMENTED, reason VERSION_UNSUPPORTED, naming both sides' versions
 */
export function commonVersion(theirs: readonly number[]): number {
  const common = theirs.filter((version) => VERSIONS.includes(version));
  if (common.length > 0) return Math.max(...common);
  throw new HeliographError(
    Code.Unimplemented,
    `the peer speaks version ${theirs.join(", ") || "?"} of the protocol, this side ${VERSIONS.join(", ")}`,
    { reason: "VERSION_UNSUPPORTED", notProcessed: true },
  );
}

/** They are kept as long as the session, and logged. */
function checkNames({ node, instance }: { readonly node: string; readonly instance: string }): void {
  if (node.length > MAX_NAME_CHARS || instance.length > MAX_NAME_CHARS)
    throw protocolViolation(`node and instance have at most ${MAX_NAME_CHARS} characters`);
}

/** They are kept as long as the session, and looked through for each payload that might be compressed. */
function featuresOf({ features }: { readonly features: readonly string[] }): readonly string[] {
  if (features.length > MAX_FEATURES || features.some(({ length }) => length > MAX_FEATURE_CHARS))
    throw protocolViolation(
      `features are at most ${MAX_FEATURES} names of at most ${MAX_FEATURE_CHARS} characters`,
    );
  return features;
}

function servicesOf(services: readonly ServedService[]): readonly ServedService[] {
  const long = services.some(
    ({ name, schemaHash }) => name.length > MAX_NAME_CHARS || schemaHash.length > MAX_FEATURE_CHARS,
  );
  if (services.length > MAX_SERVICES || long)
    throw protocolViolation(
      `services are at most ${MAX_SERVICES}, with names of at most ${MAX_NAME_CHARS} characters`,
    );
  return services;
}

function limitsMessage(limits: Limits): LimitsMessage {
  const credit = firstCredit(limits);
  return {
    maxCalls: limits.maxCalls,
    windowBytes: BigInt(limits.windowBytes),
    windowPackets: limits.windowPackets,
    chunkBytes: BigInt(limits.chunkBytes),
    messageBytes: BigInt(limits.messageBytes),
    streamCreditMessages: credit.messages,
    streamCreditBytes: BigInt(credit.bytes),
    metadataBytes: limits.metadataBytes,
  };
}

function limitsOf(message: LimitsMessage | undefined): Limits {
  if (message === undefined) return initialLimits;
  const or = (value: number | bigint, otherwise: number) => (Number(value) === 0 ? otherwise : Number(value));
  const chunkBytes = or(message.chunkBytes, initialLimits.chunkBytes);
  if (chunkBytes < MIN_CHUNK_BYTES)
    throw protocolViolation(`limits.chunk_bytes is ${chunkBytes}, less than ${MIN_CHUNK_BYTES}`);
  return {
    maxCalls: or(message.maxCalls, initialLimits.maxCalls),
    windowBytes: or(message.windowBytes, initialLimits.windowBytes),
    windowPackets: or(message.windowPackets, initialLimits.windowPackets),
    chunkBytes: Math.min(chunkBytes, initialLimits.chunkBytes),
    messageBytes: or(message.messageBytes, initialLimits.messageBytes),
    streamCreditMessages: or(message.streamCreditMessages, initialLimits.streamCreditMessages),
    streamCreditBytes: or(message.streamCreditBytes, initialLimits.streamCreditBytes),
    // What a peer grants beyond that is not used.
    metadataBytes: Math.min(or(message.metadataBytes, initialLimits.metadataBytes), MAX_METADATA_BYTES),
  };
}

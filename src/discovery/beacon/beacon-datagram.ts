import { createHmac, timingSafeEqual } from "node:crypto";
import { Code } from "../../core/code.js";
import { HeliographError, messageOf } from "../../core/error.js";
import { BeaconDatagram, BeaconMessage, BeaconPresence } from "../../gen/heliograph/discovery/v1/beacon.js";
import { Announcement as AnnouncementMessage } from "../../gen/heliograph/discovery/v1/registry.js";
import type { Announcement, Load } from "../../naming/instance.js";
import { decodeMessage } from "../../wire/decode-message.js";
import { announcementMessage, loadMessage, readLoad } from "../announcement-message.js";
import { checkAnnouncement } from "../registry-limits.js";
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS } from "./beacon-options.js";

/** Which announcement of which instance. */
export interface BeaconSubject {
  readonly instance: string;
  readonly epoch: number;
  readonly version: number;
}

/** A node is there. */
export interface Presence extends BeaconSubject {
  readonly intervalMs: number;
  /** A part of the encoded announcement. */
  readonly bytes: Uint8Array;
  readonly part: number;
  readonly parts: number;
  readonly load: Load | undefined;
}

/** What a datagram says; `refused` when it is not for us, or not to be read. */
export type BeaconSaid =
  | { readonly kind: "presence"; readonly presence: Presence }
  | { readonly kind: "query" }
  | { readonly kind: "goodbye"; readonly subject: BeaconSubject }
  | { readonly kind: "refused"; readonly why: string };

/** What fits through every network in one piece. */
export const MAX_DATAGRAM = 1_200;
export const MAX_PARTS = 32;
const MAGIC = 0x48474c42;
const VERSION = 1;
const MAC_BYTES = 16;
/** Magic, version, tag and length of the message and of what it says, the MAC. */
const ENVELOPE_BYTES = 5 + 2 + 3 + 3 + 2 + MAC_BYTES;
const MAX_INSTANCE_BYTES = 128;

/**
 * The datagrams that make a node known.
 *
 * @throws HeliographError INVALID_ARGUMENT, reason REGISTRATION_REFUSED, for what nobody would take
 * @throws HeliographError RESOURCE_EXHAUSTED, reason MESSAGE_TOO_LARGE, when they would be more than 32
 */
export function presenceDatagrams(
  announcement: Announcement,
  intervalMs: number,
  load: Load,
  key: string | undefined,
): readonly Buffer[] {
  checkAnnouncement(announcement);
  const bytes = AnnouncementMessage.encode(announcementMessage(announcement)).finish();
  const presence: BeaconPresence = {
    instance: announcement.instance,
    epoch: BigInt(announcement.epoch),
    version: BigInt(announcement.version),
    intervalMs,
    announcement: new Uint8Array(0),
    part: MAX_PARTS,
    parts: MAX_PARTS,
    load: loadMessage(load),
  };
  // Tag and length of the announcement.
  const room = MAX_DATAGRAM - ENVELOPE_BYTES - 3 - BeaconPresence.encode(presence).finish().length;
  const parts = Math.ceil(bytes.length / room);
  if (room <= 0 || parts > MAX_PARTS) {
    throw new HeliographError(
      Code.ResourceExhausted,
      `the announcement of ${announcement.node} has ${bytes.length} bytes, and a beacon takes up to ${MAX_PARTS * room}: it has too many services, labels or endpoints`,
      { reason: "MESSAGE_TOO_LARGE" },
    );
  }
  return Array.from({ length: parts }, (_, part) =>
    datagram(
      {
        $case: "presence",
        value: {
          ...presence,
          announcement: bytes.subarray(part * room, (part + 1) * room),
          part,
          parts,
          load: part === 0 ? presence.load : undefined,
        },
      },
      key,
    ),
  );
}

/** The datagram that asks who is there. */
export function queryDatagram(key: string | undefined): Buffer {
  return datagram({ $case: "query", value: {} }, key);
}

/** The datagram with which a node leaves. */
export function goodbyeDatagram(
  { instance, epoch, version }: BeaconSubject,
  key: string | undefined,
): Buffer {
  const value = { instance, epoch: BigInt(epoch), version: BigInt(version) };
  return datagram({ $case: "goodbye", value }, key);
}

/** What a datagram says to those who have this key. Throws nothing, whatever it holds. */
export function readDatagram(bytes: Buffer, key: string | undefined): BeaconSaid {
  if (bytes.length > MAX_DATAGRAM) return refused(`it has ${bytes.length} bytes`);
  try {
    const { magic, version, message, mac } = decodeMessage(BeaconDatagram, bytes, 0, bytes.length);
    if (magic !== MAGIC) return refused("it is not of a beacon");
    if (version !== VERSION) return refused(`it is of version ${version} of the protocol`);
    if (!isSigned(message, mac, key)) return refused("it is signed with another key, or not at all");
    const inner = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    return meaning(decodeMessage(BeaconMessage, inner, 0, inner.length));
  } catch (error) {
    return refused(messageOf(error));
  }
}

function meaning({ said }: BeaconMessage): BeaconSaid {
  switch (said?.$case) {
    case "presence":
      return { kind: "presence", presence: readPresence(said.value) };
    case "query":
      return { kind: "query" };
    case "goodbye":
      return { kind: "goodbye", subject: readSubject(said.value) };
    default:
      return refused("it says nothing that is known here");
  }
}

function readPresence(presence: BeaconPresence): Presence {
  const { intervalMs, announcement, part, parts, load } = presence;
  if (parts < 1 || parts > MAX_PARTS || part >= parts) throw new Error(`it is part ${part} of ${parts}`);
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) {
    throw new Error(`its interval is ${intervalMs} ms`);
  }
  return {
    ...readSubject(presence),
    intervalMs,
    bytes: announcement,
    part,
    parts,
    load: load === undefined ? undefined : readLoad(load),
  };
}

function readSubject(subject: { instance: string; epoch: bigint; version: bigint }): BeaconSubject {
  const { instance } = subject;
  const [epoch, version] = [Number(subject.epoch), Number(subject.version)];
  if (instance === "" || Buffer.byteLength(instance) > MAX_INSTANCE_BYTES)
    throw new Error("its instance has no proper name");
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(version)) {
    throw new Error("its epoch or version is not below 2^53");
  }
  return { instance, epoch, version };
}

function datagram(said: BeaconMessage["said"], key: string | undefined): Buffer {
  const message = BeaconMessage.encode({ said }).finish();
  const mac = key === undefined ? new Uint8Array(0) : macOf(message, key);
  return Buffer.from(BeaconDatagram.encode({ magic: MAGIC, version: VERSION, message, mac }).finish());
}

function isSigned(message: Uint8Array, mac: Uint8Array, key: string | undefined): boolean {
  if (key === undefined) return mac.length === 0;
  return mac.length === MAC_BYTES && timingSafeEqual(mac, macOf(message, key));
}

function macOf(message: Uint8Array, key: string): Uint8Array {
  return createHmac("sha256", key).update(message).digest().subarray(0, MAC_BYTES);
}

function refused(why: string): BeaconSaid {
  return { kind: "refused", why };
}

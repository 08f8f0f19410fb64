import { buffer, isBuffer, payloadBytes } from "./payload.js";
import { nowUs, type Publications, pixels, readingText, timedText } from "./publications.js";

/** Publications of a contender without types: what a buffer holds, and how it is read again. */
export interface PlainPublications {
  encode(subject: number, sequence: number): Buffer;
  sequence(bytes: Buffer): number;
  subject(bytes: Buffer): number;
  publishedUs(bytes: Buffer): number;
  /** Whether everything else is what was published. */
  isWhole(bytes: Buffer): boolean;
}

/** Each begins with the subject, in four bytes, so that whoever selects by prefix can. */
const reading = Buffer.alloc(payloadBytes);
reading.write(readingText, 8, "latin1");

const timed = Buffer.alloc(payloadBytes);
timed.write(timedText, 12, "latin1");

const picture = Buffer.alloc(4 + pixels.length);
pixels.copy(picture, 4);

const none = () => 0;
const first = () => 1;
const startOf = (bytes: Buffer) => bytes.readUInt32LE(0);

const plain: Readonly<Record<Publications, PlainPublications>> = {
  ticks: {
    encode: (_subject, sequence) => buffer(sequence),
    sequence: startOf,
    subject: first,
    publishedUs: none,
    isWhole: (bytes) => isBuffer(bytes.readUInt32LE(0), bytes),
  },
  readings: {
    encode: (subject, sequence) => {
      const bytes = Buffer.from(reading);
      bytes.writeUInt32LE(subject, 0);
      bytes.writeUInt32LE(sequence, 4);
      return bytes;
    },
    sequence: (bytes) => bytes.readUInt32LE(4),
    subject: startOf,
    publishedUs: none,
    isWhole: (bytes) => sameFrom(8, bytes, reading),
  },
  pictures: {
    encode: (_subject, sequence) => {
      const bytes = Buffer.from(picture);
      bytes.writeUInt32LE(sequence, 0);
      return bytes;
    },
    sequence: startOf,
    subject: first,
    publishedUs: none,
    isWhole: (bytes) => sameFrom(4, bytes, picture),
  },
  timed: {
    encode: (_subject, sequence) => {
      const bytes = Buffer.from(timed);
      bytes.writeUInt32LE(sequence, 0);
      bytes.writeDoubleLE(nowUs(), 4);
      return bytes;
    },
    sequence: startOf,
    subject: first,
    publishedUs: (bytes) => bytes.readDoubleLE(4),
    isWhole: (bytes) => sameFrom(12, bytes, timed),
  },
};

function sameFrom(start: number, bytes: Buffer, expected: Buffer): boolean {
  return bytes.compare(expected, start, expected.length, start) === 0;
}

/** How publications look in a plain buffer. */
export function plainPublications(publications: Publications): PlainPublications {
  return plain[publications];
}

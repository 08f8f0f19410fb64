import { text } from "./payload.js";

/** What is published: one subject; many subjects; 22 kB each; or with the time of publishing. */
export type Publications = "ticks" | "readings" | "pictures" | "timed";

/** Bytes of the bytes field of a picture. */
export const pictureBytes = 22_000;

/** Sequence number of what is published until every subscriber has heard from the publisher: it counts for nothing. */
export const greeting = 0;

/** Sequence number of the last publication of a round, which tells that it is over and counts for nothing, too. */
export const endMark = 0xffffffff;

/** Texts that make messages of 32 bytes with the other fields of proto/bench/v1/topics.proto. */
export const readingText = text.slice(0, 20);
export const timedText = text.slice(0, 16);

/** What every picture shows. */
export const pixels = Buffer.from(Array.from({ length: pictureBytes }, (_, index) => index % 251));

/** Microseconds of a clock that all processes of this machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint()) / 1_000;
}

/** The first of the program's arguments after its path: what it publishes, or subscribes to. */
export function publicationsArgument(): Publications {
  return process.argv[2] as Publications;
}

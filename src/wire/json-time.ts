import { showValue } from "./show-value.js";
import { type SpecialFormat, TreeFault } from "./tree-format.js";

/** What ts-proto generates for both google.protobuf.Timestamp and google.protobuf.Duration. */
interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

const BILLION = 1_000_000_000;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: the range of google.protobuf.Timestamp. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const LONGEST_SECONDS = 315_576_000_000n;

const timestampText = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const durationText = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** RFC 3339 with as many digits as it takes, in UTC: `2026-01-31T12:00:00.5Z`. To the nanosecond. */
export const timestampJson: SpecialFormat = {
  write(value) {
    const { seconds, nanos } = value as Time;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= BILLION) {
      throw new TreeFault(`not a timestamp: ${seconds} seconds and ${nanos} nanoseconds`);
    }
    return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;
  },
  read(tree) {
    const match = typeof tree === "string" ? timestampText.exec(tree) : null;
    const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
    const seconds = Number.isNaN(ms) ? undefined : BigInt(ms) / 1000n;
    if (match === null || seconds === undefined || seconds < FIRST_SECOND || seconds > LAST_SECOND) {
      throw new TreeFault(`expected a time such as "2026-01-31T12:00:00Z", got ${showValue(tree)}`);
    }
    return { seconds, nanos: nanosOf(match[2]) };
  },
};

/** Seconds with as many digits as it takes: `3.5s`. To the nanosecond. */
export const durationJson: SpecialFormat = {
  write(value) {
    const { seconds, nanos } = value as Time;
    const mixed = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
    if (mixed || !inRange(seconds) || Math.abs(nanos) >= BILLION) {
      throw new TreeFault(`not a duration: ${seconds} seconds and ${nanos} nanoseconds`);
    }
    const sign = seconds < 0n || nanos < 0 ? "-" : "";
    return `${sign}${seconds < 0n ? -seconds : seconds}${fraction(Math.abs(nanos))}s`;
  },
  read(tree) {
    const match = typeof tree === "string" ? durationText.exec(tree) : null;
    const seconds = match === null ? 0n : BigInt(match[2]!);
    if (match === null || !inRange(seconds)) {
      throw new TreeFault(`expected a duration such as "3.5s", got ${showValue(tree)}`);
    }
    const nanos = nanosOf(match[3]);
    return match[1] === "-" ? { seconds: -seconds, nanos: nanos === 0 ? 0 : -nanos } : { seconds, nanos };
  },
};

function inRange(seconds: bigint): boolean {
  return seconds >= -LONGEST_SECONDS && seconds <= LONGEST_SECONDS;
}

function fraction(nanos: number): string {
  return nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
}

function nanosOf(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(9, "0"));
}

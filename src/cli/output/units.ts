/** A short span of time, as it is measured: `85 µs`, `1.24 ms`, `350 ms`, `2.50 s`. */
export function shortTime(ms: number): string {
  const size = Math.abs(ms);
  if (size < 0.9995) return `${(ms * 1000).toFixed(0)} µs`;
  if (size < 999.5) return `${threeDigits(ms)} ms`;
  return `${threeDigits(ms / 1000)} s`;
}

/** How old something is, in its two largest units: `4s`, `3m12s`, `5h02m`, `12d4h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds}s`;
  if (hours === 0) return `${minutes}m${padded(seconds % 60)}s`;
  if (hours < 24) return `${hours}h${padded(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** A number of bytes: `812 B`, `1.50 kB`, `62.1 MB`. A kilobyte has 1,000. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  let size = count;
  let unit = -1;
  // What would be rounded up to four digits is one of the next unit.
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${threeDigits(size)} ${units[unit]}`;
}

const units = ["kB", "MB", "GB", "TB", "PB"];

/** A count with its thousands apart: `12,345`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 node`, `3 nodes`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** The time of day here, for lines that come as things happen: `09:05:12.042`. */
export function timeOfDay(time: Date): string {
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${[time.getHours(), time.getMinutes(), time.getSeconds()].map(padded).join(":")}.${ms}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

function padded(number: number): string {
  return String(number).padStart(2, "0");
}

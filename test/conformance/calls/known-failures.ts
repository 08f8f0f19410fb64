import { readFileSync } from "node:fs";

/** Cases that are known to fail, each with the reason. */
export type KnownFailures = ReadonlyMap<string, string>;

/**
 * The known failures of one pair of programs: an object of names and reasons under the pair's name.
 *
 * @throws Error when the file has another shape
 */
export function readKnownFailures(file: string, pair: string): KnownFailures {
  const pairs = JSON.parse(readFileSync(file, "utf8")) as unknown;
  if (!isRecord(pairs)) throw new Error(`${file} must hold an object of pairs of programs`);
  const known = pairs[pair] ?? {};
  if (!isRecord(known)) throw new Error(`${file}: ${pair} must be an object of names and reasons`);
  return new Map(
    Object.entries(known).map(([name, reason]) => {
      if (typeof reason !== "string" || reason === "") {
        throw new Error(`${file}: ${pair}: ${name} needs a reason`);
      }
      return [name, reason];
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

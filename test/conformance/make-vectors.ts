/**
 * Makes the vectors that have a meaning of the definitions beside it: `npx tsx test/conformance/make-vectors.ts`.
 * `malformed.json` is written by hand.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vector } from "./definitions/build.js";
import { encodings } from "./definitions/encodings.js";
import { envelopes } from "./definitions/envelopes.js";
import { frames } from "./definitions/frames.js";
import { payloads } from "./definitions/payloads.js";
import { violations } from "./definitions/violations.js";
import { type Vector, vectorsFolder } from "./vector.js";

/** The files by name, as they have to be. */
export function makeVectors(): Map<string, string> {
  const files: Record<string, readonly Vector[]> = {
    "frames.json": frames.map(vector),
    "payloads.json": payloads.map(vector),
    "encodings.json": encodings.map(vector),
    "envelopes.json": envelopes,
    "violations.json": violations.map(vector),
  };
  return new Map(
    Object.entries(files).map(([name, vectors]) => [name, `${JSON.stringify(vectors, undefined, 2)}\n`]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of makeVectors()) writeFileSync(vectorsFolder + name, content);
}

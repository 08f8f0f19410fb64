import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const fixtureProto = fileURLToPath(new URL("fixtures/proto/", import.meta.url));

/** The fixture schemas as text, by path. */
export async function fixtureSources(): Promise<Record<string, string>> {
  const paths = (await readdir(fixtureProto, { recursive: true })).filter((path) => path.endsWith(".proto"));
  const texts = await Promise.all(paths.map((path) => readFile(join(fixtureProto, path), "utf8")));
  return Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? ""]));
}

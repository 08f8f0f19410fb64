/** `npm run check:gen`: makes src/gen anew in a temporary folder and fails when the checked-in one differs. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { root, run } from "./run.mjs";

/**
 * The files in a folder and all folders below, by path.
 *
 * @param {string} folder
 * @returns {Promise<Map<string, string>>}
 */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(
        async (path) =>
          /** @type {[string, string]} */ ([relative(folder, path), await readFile(path, "utf8")]),
      ),
    ),
  );
}

const temporary = await mkdtemp(join(tmpdir(), "heliograph-gen-"));
try {
  await run("buf", ["generate", "--output", temporary]);
  const made = await filesIn(join(temporary, "src", "gen"));
  const held = await filesIn(join(root, "src", "gen"));
  const stale = [...new Set([...made.keys(), ...held.keys()])].filter(
    (path) => made.get(path) !== held.get(path),
  );
  if (stale.length > 0) {
    for (const path of stale)
      process.stdout.write(`src/gen/${path} is not what buf makes of proto/heliograph\n`);
    process.stdout.write("run npm run generate, and commit src/gen\n");
    process.exitCode = 1;
  }
} finally {
  await rm(temporary, { recursive: true });
}

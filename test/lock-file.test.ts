import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./support/source-files.js";

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = readFileSync(join(repository, "package-lock.json"), "utf8");
const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, Entry>> };
const entries = Object.entries(packages);

// npm drops those of other platforms when it installs into a folder that has packages already, and then `npm ci` fails.
test("package-lock.json names the packages of every platform", () => {
  const wanted = entries.flatMap(([, { optionalDependencies = {} }]) => Object.entries(optionalDependencies));
  const missing = wanted.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version);
  expect(missing.filter(([, version]) => /^\d/.test(version))).toEqual([]);
});

test("package-lock.json names no registry, so that everybody's own is asked", () => {
  expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

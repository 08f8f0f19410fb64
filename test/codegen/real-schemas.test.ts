import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTree } from "../../src/cli/file-tree.js";
import { parseLock } from "../../src/codegen/lock-parse.js";
import { helio } from "./helio.js";
import { findRealSchema, realSchemas } from "./real-schemas.js";
import { temporaryFolder } from "./schemas.js";
import { typecheck } from "./typecheck.js";

/** How many rpcs each schema has, counted in its files. */
const rpcs = { "cri-api 0.34.1": 35, "temporal-api 0.10.2": 135 };

const found = await Promise.all(realSchemas.map(async (name) => ({ name, ...(await findRealSchema(name)) })));
const { HELIOGRAPH_REQUIRE_SCHEMAS: required } = process.env;

describe.each(found)("$name", (schema) => {
  const reason = "missing" in schema ? schema.missing : "";
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it("generates and type-checks under the strictest flags", { timeout: 120_000 }, async ({ skip }) => {
    if ("missing" in schema) {
      expect(required, reason).toBeUndefined();
      return skip(reason);
    }
    await symlink(schema.proto, join(folder, "proto"));
    await mkdir(join(folder, "src"));
    expect(await helio(folder, "generate")).toMatchObject({ code: 0, stderr: "" });
    const lock = parseLock((await readTree(folder)).get("heliograph.lock.json") ?? "");
    const members = Object.values(lock.services).flatMap((service) => Object.keys(service));
    expect(members).toHaveLength(rpcs[schema.name]);
    expect(await typecheck(folder)).toBe("");
  });
});

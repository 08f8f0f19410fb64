import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tsProtoOptions } from "../../src/cli/generate-code.js";
import { newProject } from "../../src/cli/new-project.js";
import { compile, repository } from "./schemas.js";

const guide = await readFile(join(repository, "docs/guide/generate.md"), "utf8");

/** The block of YAML that the guide gives a file's name. */
function block(file: string): string {
  return guide.split(`<!-- ${file} -->\n\`\`\`yaml\n`)[1]?.split("```")[0] ?? "";
}

it("shows the template that helio generate uses", () => {
  const options = [...block("buf.gen.yaml").matchAll(/^ {6}- (.*)$/gm)].map((match) => match[1]);
  expect(options).toEqual([...tsProtoOptions]);
});

it("shows the modules of a new project", () => {
  const modules = [...block("buf.yaml").matchAll(/^ {2}- path: .*$/gm)].map(([line]) => line);
  expect(modules).toHaveLength(2);
  for (const line of modules) expect(newProject("x", "*").get("buf.yaml")).toContain(`${line}\n`);
});

describe("streams that resume", () => {
  const section = guide.split("## Streams that resume\n")[1]?.split("\n## ")[0] ?? "";

  async function watch(option: string) {
    const proto = section.split("```proto\n")[1]?.split("```")[0] ?? "";
    const service = proto.replace("{retention_ms: 60000}", option);
    const text = `syntax = "proto3"; package guide.v1;\n${service}message WatchRequest {} message WatchResponse {}`;
    const { error, files } = (await compile({ "guide.proto": text })).run("target=ts");
    return error + (files.get("guide_heliograph.ts") ?? "");
  }

  it("are generated as the guide says", async () => {
    const line = section.split("```ts\n")[1]?.split("```")[0];
    expect(line).toMatch(/^resumable: /);
    expect(await watch("{retention_ms: 60000}")).toContain(`\n    ${line}`);
  });

  it("have the defaults and bounds that the guide says", async () => {
    const rows = [...section.matchAll(/^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|/gm)];
    expect(rows).toHaveLength(3);
    const tooMuch = rows.map(([, field, , , most]) => `${field}: ${Number(most) + 1}`);
    const refused = await watch(`{${tooMuch.join()}}`);
    for (const [, field = "", byDefault, least, most] of rows) {
      expect(refused).toMatch(
        new RegExp(`has ${field}: .*; give ${least} to ${most} \\w+, or leave it out for ${byDefault}$`, "m"),
      );
    }
  });
});

it.each(["examples", "test"])("agrees with the template of %s", async (folder) => {
  const template = await readFile(join(repository, folder, "buf.gen.yaml"), "utf8");
  for (const option of tsProtoOptions) expect(template).toContain(`- ${option}\n`);
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tsProtoOptions } from "../../src/cli/generate-code.js";
import { newProject } from "../../src/cli/new-project.js";
import { repository } from "./schemas.js";

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

it.each(["examples", "test"])("agrees with the template of %s", async (folder) => {
  const template = await readFile(join(repository, folder, "buf.gen.yaml"), "utf8");
  for (const option of tsProtoOptions) expect(template).toContain(`- ${option}\n`);
});

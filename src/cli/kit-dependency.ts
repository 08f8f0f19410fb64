import { readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { kitRoot, kitVersion } from "./kit.js";

/**
 * How a new project depends on this package: by version when it came from a registry; by path when it is a checkout,
 * or came from a tarball or folder itself, so that a project can be made without any registry.
 */
export async function dependencyOnKit(project: string): Promise<string> {
  const here = await realpath(kitRoot);
  const parts = here.split(sep).filter((part) => part !== "");
  const installed = parts.at(-2) === "node_modules";
  if (!installed) return fileDependency(project, here);
  const host = dirname(dirname(here));
  const spec = await specIn(join(host, "package.json"));
  if (spec?.startsWith("file:")) return fileDependency(project, resolve(host, spec.slice("file:".length)));
  return `^${kitVersion()}`;
}

function fileDependency(project: string, target: string): string {
  return `file:${relative(project, target).split(sep).join("/")}`;
}

async function specIn(packageFile: string): Promise<string | undefined> {
  const text = await readFile(packageFile, "utf8").catch(() => "{}");
  const { dependencies, devDependencies } = JSON.parse(text) as HostPackage;
  return dependencies?.heliograph ?? devDependencies?.heliograph;
}

interface HostPackage {
  readonly dependencies?: { readonly heliograph?: string };
  readonly devDependencies?: { readonly heliograph?: string };
}

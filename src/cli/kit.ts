import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface KitPackage {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** The folder of this package. */
export const kitRoot = fileURLToPath(new URL("../../", import.meta.url));

/** The `.proto` files that this package ships. */
export const kitProto = fileURLToPath(new URL("../../proto/", import.meta.url));

/** The protoc plugin of this package: compiled, or the source when the command itself runs from source. */
export const kitPlugin = fileURLToPath(
  new URL(`../codegen/main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);

export function kitVersion(): string {
  return kitPackage().version;
}

/** The exact version of another package with which this one is tested. */
export function testedVersion(name: string): string {
  const { dependencies, devDependencies } = kitPackage();
  return dependencies[name] ?? devDependencies[name] ?? "latest";
}

function kitPackage(): KitPackage {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as KitPackage;
}

import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** What this node is built with, for its announcement. */
export const KIT = `typescript ${manifest.version}`;

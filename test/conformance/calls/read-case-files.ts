import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CaseGroup, CaseTemplate, ExpectValue, FrameValue, RespondValue } from "./case-file.js";

const folder = fileURLToPath(new URL("./cases/", import.meta.url));

/** All groups, in the order of their files. */
export function readCaseFiles(): CaseGroup[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as CaseGroup);
}

const names: Record<keyof CaseTemplate, true> = {
  name: true,
  kinds: true,
  codecs: true,
  transports: true,
  each: true,
  method: true,
  metadata: true,
  requests: true,
  repeat: true,
  requestDelayMs: true,
  respond: true,
  timeoutMs: true,
  cancel: true,
  compression: true,
  limit: true,
  requestSizes: true,
  responseSizes: true,
  raw: true,
  expect: true,
};
const respondNames: Record<keyof RespondValue, true> = {
  metadata: true,
  data: true,
  delayMs: true,
  error: true,
  trailers: true,
  withoutInfo: true,
  compression: true,
  raw: true,
};
const expectNames: Record<keyof ExpectValue, true> = {
  responses: true,
  codes: true,
  reason: true,
  from: true,
  notProcessed: true,
  unsentRequests: true,
  metadata: true,
  trailers: true,
};
const frameNames: Record<keyof FrameValue, true> = {
  kind: true,
  callId: true,
  method: true,
  codec: true,
  compression: true,
  payload: true,
  endStream: true,
  creditMessages: true,
  creditBytes: true,
  metadata: true,
  trailers: true,
  status: true,
};

/**
 * A misspelt name would silently test something else.
 *
 * @throws Error that names what a case has and can't have
 */
export function checkNames(template: CaseTemplate): void {
  const { respond, expect, raw } = template;
  check(template.name, template, names);
  check(template.name, respond ?? {}, respondNames);
  check(template.name, expect ?? {}, expectNames);
  for (const frame of [...(raw ?? []), ...(respond?.raw ?? [])]) check(template.name, frame, frameNames);
}

function check(name: string, value: object, allowed: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(value).find((key) => allowed[key] === undefined);
  if (unknown !== undefined) {
    throw new Error(`${name} has "${unknown}"; there are ${Object.keys(allowed).join(", ")}`);
  }
}

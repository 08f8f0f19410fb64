import type { LockManifest } from "./lock-manifest.js";

/** Reads a manifest; throws an Error that says what is wrong with it. */
export function parseLock(text: string): LockManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON");
  }
  if (!isRecord(value) || !("services" in value))
    throw new Error("is not a lock manifest: it has no services");
  const { version, services } = value;
  if (version !== 1) throw new Error(`has version ${String(version)}, and this helio knows version 1`);
  if (!isRecord(services)) throw new Error("is not a lock manifest: services is not an object");
  for (const [service, members] of Object.entries(services)) {
    if (!isRecord(members)) throw new Error(`has no members of ${service}`);
    for (const [name, member] of Object.entries(members)) {
      const { kind, path } = isRecord(member) ? member : {};
      if (typeof kind !== "string" || typeof path !== "string") {
        throw new Error(`does not say what ${service}/${name} is`);
      }
    }
  }
  return value as unknown as LockManifest;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

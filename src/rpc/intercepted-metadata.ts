import type { Metadata } from "../core/metadata.js";

/** Makes one list of metadata say what another does. */
export function refill(target: Metadata, source: Metadata): void {
  if (target === source) return;
  for (const [key] of [...target]) target.delete(key);
  for (const [key, value] of source) target.append(key, value);
}

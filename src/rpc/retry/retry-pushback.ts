import type { Metadata } from "../../core/metadata.js";

/** The trailer by which a server says when to try again. */
export const PUSH_BACK = "retry-pushback-ms";

/** Milliseconds that a server asks to wait; `never` when it asks for no further attempt. */
export type PushBack = number | "never" | undefined;

/** What the trailers of a failed attempt ask for. Anything but a whole number of milliseconds means no further attempt. */
export function pushBackOf(trailers: Metadata): PushBack {
  const value = trailers.get(PUSH_BACK);
  if (value === undefined) return undefined;
  return typeof value === "string" && /^[0-9]{1,9}$/.test(value) ? Number(value) : "never";
}

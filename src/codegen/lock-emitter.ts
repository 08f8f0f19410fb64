import type { Emitter } from "./emitter.js";
import { formatLock, lockManifest } from "./lock-manifest.js";

/** The manifest that `helio check` compares. One file for all services, so it needs `strategy: all`. */
export const lockEmitter: Emitter = (schema, { lock = "heliograph.lock.json" }) => [
  { name: lock, content: formatLock(lockManifest(schema.files.flatMap(({ services }) => services))) },
];

import { readdirSync } from "node:fs";

/** What this process holds: sockets, timers and the like by name, and open files. */
export interface Holdings {
  readonly resources: Readonly<Record<string, number>>;
  readonly files: number;
  readonly listeners: number;
}

export function holdings(): Holdings {
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { resources, files: readdirSync("/proc/self/fd").length, listeners };
}

import { readFileSync } from "node:fs";
import { connect } from "node:net";

/**
 * Whether somebody's system takes connections at an endpoint, whatever becomes of them: it does so for a process that is
 * stopped. False for what is not TCP.
 */
export function takesConnections(endpoint: string, timeoutMs: number): Promise<boolean> {
  const [, ipv6, name, port] = /^tcp:\/\/(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(endpoint) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.setTimeout(timeoutMs, () => end(false));
  });
}

/** Whether a process of this machine was stopped by a signal, as Linux tells it; false where that is not known. */
export function isStopped(processId: number): boolean {
  try {
    // The name before it may have spaces and parentheses.
    const state = /\) (\w) [^)]*$/.exec(readFileSync(`/proc/${processId}/stat`, "utf8"))?.[1];
    return state === "T" || state === "t";
  } catch {
    return false;
  }
}

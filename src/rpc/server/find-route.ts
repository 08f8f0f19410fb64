import type { Buffer } from "node:buffer";
import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Route } from "./router.js";
import type { ServerShared } from "./server-shared.js";

/**
 * The route of the method whose path is `buf[start, end)`.
 *
 * @throws HeliographError UNIMPLEMENTED, saying what is missing
 */
export function findRoute(server: ServerShared, buf: Buffer, start: number, end: number): Route {
  try {
    return server.router.findBytes(buf, start, end);
  } catch (error) {
    server.onUnhandled(buf.toString("utf8", start, end));
    throw error;
  }
}

/** @throws HeliographError UNIMPLEMENTED for a method that can only be called in a session */
export function requireUnary(route: Route): void {
  const { kind } = route.method;
  if (kind === "unary") return;
  throw new HeliographError(
    Code.Unimplemented,
    `${route.path} is a ${kind}, which can only be called in a session: connect a DEALER and say HELLO`,
    { reason: "UNSERVED_KIND", notProcessed: true },
  );
}

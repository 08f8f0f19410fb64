import type { Buffer } from "node:buffer";
import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import type { Route } from "./router.js";
import type { ServerShared } from "./server-shared.js";

/**
 * The route of the method whose path is `buf[start, end)`.
 *
 * @throws HeliographError UNIMPLEMENTED, saying what is missing
 */
export function findRoute(server: ServerShared, buf: Buffer, start: number, end: number): Route {
  let route: Route;
  try {
    route = server.router.findBytes(buf, start, end);
  } catch (error) {
    server.onUnhandled(buf.toString("utf8", start, end));
    throw error;
  }
  if (route.method.kind === "unary") return route;
  throw new HeliographError(
    Code.Unimplemented,
    `${route.path} is a ${route.method.kind}, which is not served yet`,
    {
      reason: "UNSERVED_KIND",
      notProcessed: true,
    },
  );
}

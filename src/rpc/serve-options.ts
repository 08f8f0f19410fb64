import { invalidArgument } from "../core/error.js";
import { checkOptionNames } from "../core/option-names.js";
import { checkEndpoint } from "../naming/endpoint.js";
import { checkInterceptors, type Interceptor } from "./interceptor.js";

/** How a service is served. */
export interface ServeOptions {
  /**
   * Where the node listens: `tcp://127.0.0.1:5555`, `tcp://127.0.0.1:*` (any free port), `ipc:///run/greeter.sock`,
   * `inproc://greeter`. One is enough for all services of a node. Default `tcp://127.0.0.1:*`.
   */
  readonly endpoint?: string | undefined;
  /** The first sees the call first. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Calls of this service that run at a time; the others wait. Default 256. */
  readonly maxConcurrent?: number | undefined;
}

const names: readonly (keyof ServeOptions)[] = ["endpoint", "interceptors", "maxConcurrent"];

/** @throws HeliographError INVALID_ARGUMENT that quotes the option */
export function checkServeOptions(options: ServeOptions): void {
  checkOptionNames("serve()", options, names);
  const { endpoint, interceptors, maxConcurrent } = options;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  checkInterceptors(interceptors);
  if (maxConcurrent !== undefined && !(Number.isInteger(maxConcurrent) && maxConcurrent > 0)) {
    throw invalidArgument(`maxConcurrent must be a whole number of at least 1, got ${String(maxConcurrent)}`);
  }
}

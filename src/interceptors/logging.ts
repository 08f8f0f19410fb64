import { Code, codeName } from "../core/code.js";
import { type HeliographError, invalidArgument } from "../core/error.js";
import { type Logger, stderrLogger } from "../core/logger.js";
import { checkOptionNames } from "../core/option-names.js";
import type { InterceptedCall, Interceptor } from "../rpc/interceptor.js";
import { showValue } from "../wire/show-value.js";
import { passOn } from "./call-end.js";
import { watchMessages } from "./watch-messages.js";

/** How loud a line is. */
export type LogLevel = keyof Logger;

/** What `logging` writes, and where. */
export interface LoggingOptions {
  /** Default: warnings and errors on standard error; the rest is dropped. */
  readonly logger?: Logger | undefined;
  /**
   * The level of a call's line by how the call ended; undefined for none. Default: `error` for UNKNOWN, INTERNAL,
   * UNIMPLEMENTED and DATA_LOSS; `warn` for UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, PERMISSION_DENIED,
   * UNAUTHENTICATED and ABORTED; `info` for all else.
   */
  readonly level?:
    | ((error: HeliographError | undefined, call: InterceptedCall) => LogLevel | undefined)
    | undefined;
}

const errors: readonly Code[] = [Code.Unknown, Code.Internal, Code.Unimplemented, Code.DataLoss];
const warnings: readonly Code[] = [
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.Aborted,
];

/**
 * Writes a line for each call when it has ended, with its `method`, `kind`, `side`, `code` and `durationMs`; with
 * `requests` and `answers`, how many, where those are streams; with `peer` on a server; with `reason` and `error` when
 * it failed.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function logging(options: LoggingOptions = {}): Interceptor {
  checkOptionNames("logging()", options, ["logger", "level"]);
  const { logger = stderrLogger, level = levelOf } = options;
  if (typeof logger?.info !== "function") {
    throw invalidArgument(`logger must have debug, info, warn and error, got ${showValue(logger)}`);
  }
  if (typeof level !== "function") {
    throw invalidArgument(`level must be a function such as () => "info", got ${showValue(level)}`);
  }
  return (next) => (call) => {
    const begin = call.clock.now();
    let requests = 0;
    let answers = 0;
    if (call.requests !== undefined) {
      call.requests = watchMessages(call.requests, { message: () => requests++ });
    }
    return passOn(call, next, {
      answered: () => answers++,
      ended: (error) => {
        const chosen = level(error, call);
        if (chosen === undefined) return;
        const { method, kind, side, peer } = call;
        const code = error === undefined ? "OK" : codeName(error.code);
        logger[chosen](
          {
            method: method.path,
            kind,
            side,
            ...(peer === undefined ? {} : { peer: peer.node }),
            code,
            ...(error === undefined ? {} : { reason: error.reason, error }),
            durationMs: Math.round((call.clock.now() - begin) * 1000) / 1000,
            ...(call.requests === undefined ? {} : { requests }),
            ...(kind === "server-stream" || kind === "bidi-stream" ? { answers } : {}),
          },
          `${method.path}: ${code}`,
        );
      },
    });
  };
}

function levelOf(error: HeliographError | undefined): LogLevel {
  if (error === undefined) return "info";
  if (errors.includes(error.code)) return "error";
  return warnings.includes(error.code) ? "warn" : "info";
}

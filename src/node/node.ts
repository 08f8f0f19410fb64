import { DeadlineWheel } from "../core/deadline-wheel.js";
import { invalidArgument } from "../core/error.js";
import type { Logger } from "../core/logger.js";
import { checkOptionNames } from "../core/option-names.js";
import { Detached } from "../rpc/kept/detached.js";
import { Router } from "../rpc/server/router.js";
import { Serving } from "../rpc/server/serving.js";
import { checkSecurity } from "../socket/security.js";
import { checkName, type NodeOptions, nodeOptionNames } from "./options.js";
import { makeParts } from "./parts.js";

/** How long admitted calls may still take when a node is closed. */
const DEFAULT_GRACE_MS = 5_000;

/** How a node is closed. */
export interface CloseNodeOptions {
  /** How long admitted calls may still take, in milliseconds. Default 5,000. */
  readonly graceMs?: number | undefined;
}

/** One participant: what it serves, under one name. Functions such as `serve` take it; it grows no methods for them. */
export interface Node extends AsyncDisposable {
  readonly name: string;
  /** Which of the nodes of this name. */
  readonly instance: string;
  /** When it was made, in microseconds since 1970. */
  readonly epoch: number;
  /** Where it listens, with real ports; empty until it serves something. */
  readonly endpoints: readonly string[];
  /** Full names of what it serves. */
  readonly services: readonly string[];
  /** For `serve`. */
  readonly serving: Serving;
  /**
   * Starts nothing new, lets admitted calls finish until the grace is over, ends the others with UNAVAILABLE, and
   * closes all sockets. Always ends; closing twice awaits the first.
   */
  close(options?: CloseNodeOptions): Promise<void>;
}

/**
 * Makes a node. Does no I/O: the node listens when it first serves something.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option and says what to write instead
 */
export function createNode(options: NodeOptions): Node {
  const security = checkSecurity(options?.security);
  checkOptionNames("createNode()", options, nodeOptionNames);
  const name = checkName(options.name);
  const { self, sockets, shared, clock, logger, stallMs } = makeParts(name, options);
  const serving = new Serving(
    {
      session: shared,
      self,
      router: new Router(),
      deadlines: new DeadlineWheel(clock),
      detached: new Detached(),
      clock,
      logger,
      stallMs,
      onError: guarded(
        logger,
        options.onError ?? ((error, path) => logger.error({ error, path }, "a handler failed")),
      ),
      onUnhandled: guarded(logger, options.onUnhandled ?? (() => {})),
      onFault: (error, node) => logger.warn({ error, node }, "a session was ended"),
    },
    sockets,
    security,
  );
  const close = async ({ graceMs }: CloseNodeOptions = {}) => serving.close(checkGrace(graceMs));
  return {
    name,
    instance: self.instance,
    epoch: self.epoch,
    get endpoints() {
      return serving.endpoints;
    },
    get services() {
      return serving.services;
    },
    serving,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

/** What users hook in must not break what they look at. */
function guarded<A extends unknown[]>(logger: Logger, hook: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      hook(...args);
    } catch (error) {
      logger.error({ error }, "onError or onUnhandled threw");
    }
  };
}

function checkGrace(graceMs: number | undefined): number {
  if (graceMs === undefined) return DEFAULT_GRACE_MS;
  if (typeof graceMs === "number" && Number.isFinite(graceMs) && graceMs >= 0) return graceMs;
  throw invalidArgument(`graceMs must be a number of milliseconds, 0 or more, got ${String(graceMs)}`);
}

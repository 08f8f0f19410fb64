import { announcementMessage, loadMessage } from "../../discovery/announcement-message.js";
import type { ControlService } from "../../gen/heliograph/control/v1/control_heliograph.js";
import type { Announcement, Load } from "../../naming/instance.js";
import type { HandlerContext } from "../../rpc/context.js";
import type { Handlers } from "../../rpc/types.js";
import { checkLogLevel, type LeveledLogger } from "../log-level.js";

const GRACE_MS = 5_000;

/** What may be done to a node from outside. */
export interface ControlHost {
  readonly logger: LeveledLogger;
  readonly serving: {
    pause(): void;
    resume(): void;
    quiesce(graceMs: number): Promise<number>;
  };
  announcement(): Announcement;
  load(): Load;
  /** Drains the node and closes it. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** What a node does that may be controlled. Each order is logged as a warning, with who gave it. */
export function controlVerbs(host: ControlHost): Handlers<ControlService> {
  const { logger, serving } = host;
  const log = (order: string, { peer }: HandlerContext) =>
    logger.warn({ order, by: peer.node, instance: peer.instance }, "the node was given an order");
  return {
    describe: () => ({
      announcement: announcementMessage(host.announcement()),
      load: loadMessage(host.load()),
      logLevel: logger.level,
    }),

    pause(_request, ctx) {
      log("pause", ctx);
      serving.pause();
      return {};
    },

    resume(_request, ctx) {
      log("resume", ctx);
      serving.resume();
      return {};
    },

    async drain({ graceMs = GRACE_MS }, ctx) {
      log("drain", ctx);
      return { cancelledCalls: await serving.quiesce(graceMs) };
    },

    shutdown({ graceMs = GRACE_MS }, ctx) {
      log("shutdown", ctx);
      // First the answer.
      setImmediate(() => {
        host
          .close({ graceMs })
          .catch((error: unknown) => logger.error({ error }, "the node could not be closed"));
      });
      return {};
    },

    setLogLevel({ level }, ctx) {
      const next = checkLogLevel(level);
      const previous = logger.level;
      log(`log level ${next}`, ctx);
      logger.level = next;
      return { previous };
    },
  };
}

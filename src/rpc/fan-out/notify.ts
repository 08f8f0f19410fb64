import { checkOptionNames } from "../../core/option-names.js";
import type { Init, UnaryMethod } from "../../wire/definition.js";
import { fillMessage } from "../../wire/fill-message.js";
import { bindUnary } from "../bound-method.js";
import type { CallOptions } from "../call-options.js";
import { checkCallOptions } from "../check-call-options.js";
import { type Transport, type TransportHost, transportOf } from "../transport.js";

/** What may be said of a one-way call. */
export interface NotifyOptions
  extends Pick<CallOptions, "metadata" | "waitForReady" | "compression" | "parent"> {
  /**
   * How long the request may take to leave and the handler to end, in milliseconds, together. Default 10,000; `Infinity`
   * for no end.
   */
  readonly timeoutMs?: number | undefined;
  /** Gives up sending. What has left runs on. */
  readonly signal?: AbortSignal | undefined;
}

const names: readonly (keyof NotifyOptions)[] = [
  "timeoutMs",
  "signal",
  "metadata",
  "waitForReady",
  "compression",
  "parent",
];

/**
 * Calls a unary method one way: at most once, and without an answer. Resolves once the request has left for a server,
 * which is no promise that it arrives, runs or succeeds. It goes on there when this side closes the connection.
 *
 * Waits for a connection, and while too much is on its way already, as any call does. It counts as a call in flight
 * until its handler has ended.
 *
 * @param where a node, or a connection as `connectTo` makes it
 * @throws HeliographError when it can't be sent: INVALID_ARGUMENT for the request or an option, UNAVAILABLE when there is
 *   no server, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED. `notProcessed` says that it surely did not run
 */
export async function notify<I, O>(
  where: Transport | TransportHost,
  method: UnaryMethod<I, O>,
  request: Init<I>,
  options: NotifyOptions = {},
): Promise<void> {
  const usage = "notify(connection, GreeterService.greet, { … })";
  const given = transportOf(where, usage);
  const bound = bindUnary(method, usage);
  if (typeof options === "object" && options !== null) checkOptionNames("notify()", options, names);
  checkCallOptions(options, "unary");
  const { service: name, schema } = bound.definition;
  const transport = given.channel?.({ name, schema }, undefined) ?? given;
  await transport.unary(bound, fillMessage(bound.input, request as Init<unknown>), {
    ...options,
    oneWay: true,
  });
}

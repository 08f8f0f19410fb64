import { Code, codeName } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import { printable } from "../output/printable.js";

/**
 * Why a call failed, in a few words for a person who has made no call: nothing of methods, and no advice for the authors
 * of programs.
 */
export function explain(thrown: unknown, timeoutMs: number): string {
  const error = HeliographError.from(thrown);
  if (isOf(error, "WRONG_INSTANCE")) return "another node listens there now";
  if (error.origin === "peer") return printable(`${codeName(error.code)}: ${error.rawMessage}`);
  const { reason, code } = error;
  if (reason === "PEER_STALLED")
    return `connected, but its event loop does not answer within ${timeoutMs} ms`;
  if (code === Code.DeadlineExceeded || reason === "CONNECT_TIMED_OUT")
    return `no answer within ${timeoutMs} ms`;
  const { cause } = error;
  const whole = code === Code.Unavailable && cause instanceof HeliographError ? cause : error;
  // Who reads this was told the endpoint already.
  return printable(whole.rawMessage).replace(/^nobody listens at .*$/, "nobody listens there");
}

function isOf({ reason, cause }: HeliographError, wanted: string): boolean {
  return reason === wanted || (cause instanceof HeliographError && isOf(cause, wanted));
}

import { type Offered, Reliability, type Requested } from "../gen/heliograph/pubsub/v1/topic.js";
import { drops, overflowOf } from "./overflow.js";

/**
 * Why a publisher can't give what a subscriber asks for; undefined when it can.
 *
 * @param topic `package.Service/Topic`
 */
export function explainMismatch(topic: string, offered: Offered, requested: Requested): string | undefined {
  const problems: string[] = [];
  if (requested.reliability === Reliability.RELIABILITY_RELIABLE && drops(overflowOf(offered.overflow))) {
    problems.push(
      `reliable delivery is asked for, and the publisher's overflow is ${overflowOf(offered.overflow)}: publish with overflow "block", "fail" or "evict", or subscribe with reliability "best-effort"`,
    );
  }
  if (requested.deadlineMs > 0 && (offered.deadlineMs === 0 || offered.deadlineMs > requested.deadlineMs)) {
    const has = offered.deadlineMs === 0 ? "no deadline" : `a deadline of ${offered.deadlineMs} ms`;
    problems.push(
      `a publication every ${requested.deadlineMs} ms is asked for, and the publisher offers ${has}: publish with deadlineMs ${requested.deadlineMs} or less, or ask for more time`,
    );
  }
  if (requested.history > offered.history) {
    problems.push(
      `a history of ${requested.history} is asked for, and the publisher keeps ${offered.history}: publish with history ${requested.history}, or ask for less`,
    );
  }
  return problems.length === 0 ? undefined : `${topic}: ${problems.join("; ")}`;
}

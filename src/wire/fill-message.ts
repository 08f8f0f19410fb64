import { messageOf } from "../core/error.js";
import type { Init } from "./definition.js";
import { explainInit } from "./explain-encode.js";
import { GuardCache, initGuard } from "./message-guard.js";
import { shapesOf } from "./message-shape.js";
import { cannotEncode, type PayloadType } from "./payload-codec.js";
import { showValue } from "./show-value.js";

const guards = new GuardCache(initGuard);
/**
 * A whole message from what a caller gave: missing fields get their proto3 defaults, deeply.
 * Most types are checked when it is encoded; here only what filling would swallow.
 *
 * @throws HeliographError INVALID_ARGUMENT (INTERNAL for a response), reason MALFORMED_MESSAGE.
 */
export function fillMessage<T>(type: PayloadType<T>, init: Init<T>): T {
  if (typeof init !== "object" || init === null) {
    throw cannotEncode(type, `${type.message.$type}: expected a message, got ${showValue(init)}`);
  }
  try {
    if (guards.of(type)?.(init) === false) throw new TypeError("a field has a wrong type");
    return type.message.fromPartial(init as never);
  } catch (thrown) {
    const name = type.message.$type;
    const problem = messageOf(thrown);
    throw cannotEncode(type, explainInit(shapesOf(type.schema), name, init) ?? `${name}: ${problem}`, thrown);
  }
}

import type { Init } from "../../src/index.js";
import type {
  StreamingInputCallRequest,
  StreamingOutputCallRequest,
} from "../gen/heliograph/test/interop/v1/test.js";
import { CALL_KEY, HOLD_KEY } from "./data.js";
import { RequestQueue } from "./request-queue.js";

/** What a case sends to FullDuplexCall one by one. */
export function duplexRequests(): RequestQueue<Init<StreamingOutputCallRequest>> {
  return new RequestQueue();
}

/** What a case sends to StreamingInputCall one by one. */
export function inputRequests(): RequestQueue<Init<StreamingInputCallRequest>> {
  return new RequestQueue();
}

/** Metadata of a call that ControlService knows, and that holds once it has had so many messages. */
export function named(call: string, holdAfter?: number): Record<string, string> {
  return holdAfter === undefined ? { [CALL_KEY]: call } : { [CALL_KEY]: call, [HOLD_KEY]: `${holdAfter}` };
}

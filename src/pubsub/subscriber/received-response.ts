import type { Buffer } from "node:buffer";
import { type SubscribeRequest, SubscribeResponse } from "../../gen/heliograph/pubsub/v1/topic.js";
import { TopicService } from "../../gen/heliograph/pubsub/v1/topic_heliograph.js";
import { type BoundMethod, bindMethod } from "../../rpc/bound-method.js";
import { codecs } from "../../wire/codec.js";
import type { BidiStreamMethod, MessageType } from "../../wire/definition.js";
import type { MessageReader } from "../../wire/message-reader.js";

/** A response as it has arrived: its runs are read in place. */
export interface ReceivedResponse {
  readonly bytes: Buffer;
}

const receivedResponse: MessageType<ReceivedResponse> = {
  $type: SubscribeResponse.$type,
  encode: (_, writer) => SubscribeResponse.encode({ runs: [], said: undefined }, writer),
  // The kit reads with its own reader, always.
  decode: (reader) => ({ bytes: (reader as unknown as MessageReader).rest() }),
  fromJSON: (object) => ({
    bytes: SubscribeResponse.encode(SubscribeResponse.fromJSON(object)).finish() as Buffer,
  }),
  toJSON: ({ bytes }) => SubscribeResponse.toJSON(SubscribeResponse.decode(bytes)),
  fromPartial: (message) => message,
};

/** Subscribe, as subscribers call it. */
export const subscribeMethod: BoundMethod<BidiStreamMethod> = bindMethod(
  { ...TopicService.subscribe, output: receivedResponse } as BidiStreamMethod<
    SubscribeRequest,
    ReceivedResponse
  > as BidiStreamMethod,
  codecs.protobuf,
);

import type { Buffer } from "node:buffer";
import { SubscribeResponse } from "../../gen/heliograph/pubsub/v1/topic.js";
import { TopicService } from "../../gen/heliograph/pubsub/v1/topic_heliograph.js";
import type { MessageType } from "../../wire/definition.js";

/** A response whose runs are encoded already. */
export interface EncodedResponse extends SubscribeResponse {
  readonly parts: readonly Buffer[];
}

/** Writes what is encoded as it is: all subscribers share it. */
const encodedResponse: MessageType<SubscribeResponse> = {
  ...SubscribeResponse,
  encode(message, writer) {
    const { parts } = message as Partial<EncodedResponse>;
    if (parts === undefined || writer === undefined) return SubscribeResponse.encode(message, writer);
    for (const part of parts) writer.raw(part);
    return writer;
  },
};

/** The service as publishers serve it. */
export const PublisherService = {
  ...TopicService,
  subscribe: { ...TopicService.subscribe, output: encodedResponse },
} as const;

export type Said = NonNullable<SubscribeResponse["said"]>;

export function runsResponse(parts: readonly Buffer[]): EncodedResponse {
  return { runs: [], said: undefined, parts };
}

export function saidResponse(said: Said): SubscribeResponse {
  return { runs: [], said };
}

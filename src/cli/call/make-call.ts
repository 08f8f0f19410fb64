import type { CallOptions } from "../../rpc/call-options.js";
import { createClient } from "../../rpc/client/client.js";
import type { Transport } from "../../rpc/transport.js";
import type { MessageSource } from "../../rpc/types.js";
import type { MessageType, Method } from "../../wire/definition.js";
import type { DynamicService } from "../../wire/dynamic-service.js";
import type { DynamicMessage } from "../../wire/dynamic-type.js";
import { readOneRequest } from "./call-requests.js";

/** A function of a client, of whichever kind. */
type AnyCall = (
  input: DynamicMessage | MessageSource<DynamicMessage>,
  options: CallOptions,
) => Promise<DynamicMessage> | AsyncIterable<DynamicMessage>;

/** What is called, and how. */
export interface PlannedCall {
  readonly transport: Transport;
  readonly service: DynamicService;
  /** Name of the method in `service`. */
  readonly key: string;
  readonly method: Method;
  readonly requests: AsyncIterable<DynamicMessage>;
  readonly options: CallOptions;
}

/**
 * Makes a call, and hands over each answer as it comes.
 *
 * @throws whatever `requests` throw, else HeliographError
 */
export async function makeCall(plan: PlannedCall, answered: (answer: DynamicMessage) => void): Promise<void> {
  const { transport, service, key, method, options } = plan;
  // The members are those of the descriptors.
  const call = (createClient(transport, service) as unknown as Readonly<Record<string, AnyCall>>)[key];
  if (call === undefined) throw new Error(`${method.path} is no method`);
  const source = new Requests(plan.requests);
  const streams = method.kind === "client-stream" || method.kind === "bidi-stream";
  const type = method.input as MessageType<DynamicMessage>;
  const input = streams ? source : await readOneRequest(type, plan.requests, method.path);
  try {
    const answers = call(input, options);
    if (Symbol.asyncIterator in answers) for await (const answer of answers) answered(answer);
    else answered(await answers);
  } catch (error) {
    throw source.failure?.error ?? error;
  }
}

/** Keeps why reading has failed, which is more to the point than that the call was cancelled for it. */
class Requests implements AsyncIterable<DynamicMessage> {
  failure: { readonly error: unknown } | undefined;
  private readonly source: AsyncIterable<DynamicMessage>;

  constructor(source: AsyncIterable<DynamicMessage>) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<DynamicMessage> {
    try {
      yield* this.source;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

/** The client program of the TypeScript kit for conformance runs; see docs/spec/conformance.md. */
import {
  type CallOptions,
  type Client,
  connectTo,
  createClient,
  HeliographError,
  insecure,
  Metadata,
} from "../../../../src/index.js";
import {
  CallError,
  CallResult,
  ClientCase,
  ClientResult,
} from "../../../gen/heliograph/conformance/v1/runner.js";
import type {
  ConformanceRequest,
  ConformanceResponse,
} from "../../../gen/heliograph/conformance/v1/service.js";
import {
  ConformanceService,
  UnservedService,
} from "../../../gen/heliograph/conformance/v1/service_heliograph.js";
import { Codec } from "../../../gen/heliograph/wire/v1/wire.js";
import { framed, messagesOf } from "../message-stream.js";
import { appendAll, compressionNamed, entriesOf } from "./metadata.js";

const codecs: Partial<Record<Codec, "protobuf" | "json" | "msgpack">> = {
  [Codec.CODEC_PROTOBUF]: "protobuf",
  [Codec.CODEC_JSON]: "json",
  [Codec.CODEC_MSGPACK]: "msgpack",
};

/** One case: its call, when to cancel it, and what came of it. */
class CaseCall {
  private readonly request: ClientCase;
  private readonly abort = new AbortController();
  private readonly result = CallResult.create();
  private readonly timers: NodeJS.Timeout[] = [];
  private handedOver = 0;
  /** For what waits for a response. */
  private wake: () => void = () => {};
  private over = false;
  private end: () => void = () => {};
  private readonly ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  constructor(request: ClientCase) {
    this.request = request;
  }

  async run(): Promise<CallResult> {
    const { endpoint, messageBytes, codec, requests } = this.request;
    const connection = connectTo([endpoint], { security: insecure(), limits: { messageBytes } });
    try {
      const name = codecs[codec];
      if (name === undefined) throw new NotPossible(`this client has no codec ${codec}`);
      await this.call(
        createClient(connection, ConformanceService, { codec: name }),
        createClient(connection, UnservedService, { codec: name }),
      );
    } catch (error) {
      if (error instanceof NotPossible) throw error;
      this.result.error = callError(error);
    } finally {
      this.over = true;
      this.end();
      for (const timer of this.timers) clearTimeout(timer);
      await connection.close();
    }
    this.result.unsentRequests = requests.length - this.handedOver;
    return this.result;
  }

  private async call(
    client: Client<typeof ConformanceService>,
    unserved: Client<typeof UnservedService>,
  ): Promise<void> {
    const { method } = this.request;
    const options = this.options();
    switch (method) {
      case ConformanceService.unary.path:
        return this.take(await this.single((request) => client.unary(request, options)));
      case ConformanceService.idempotentUnary.path:
        return this.take(await this.single((request) => client.idempotentUnary(request, options)));
      case ConformanceService.unimplemented.path:
        return this.take(await this.single((request) => client.unimplemented(request, options)));
      case UnservedService.unary.path:
        return this.take(await this.single((request) => unserved.unary(request, options)));
      case ConformanceService.serverStream.path:
        return this.takeAll(this.single((request) => client.serverStream(request, options)));
      case ConformanceService.clientStream.path:
        return this.take(await client.clientStream(this.requests(), options));
      case ConformanceService.bidiStream.path:
        return this.takeAll(client.bidiStream(this.requests(), options));
      default:
        throw new NotPossible(`this client knows no method ${method}`);
    }
  }

  private options(): CallOptions {
    const { timeoutMs, metadata, compression } = this.request;
    const sent = new Metadata();
    appendAll(sent, metadata);
    return {
      timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY,
      signal: this.abort.signal,
      metadata: sent,
      compression: compressionNamed(compression),
      onHeader: (received) => {
        this.result.metadata = entriesOf(received);
      },
      onTrailer: (received) => {
        this.result.trailers = entriesOf(received);
      },
    };
  }

  private single<R>(call: (request: ConformanceRequest) => R): R {
    const [request, second] = this.request.requests;
    if (request === undefined || second !== undefined)
      throw new NotPossible(`${this.request.method} needs exactly one request`);
    this.handedOver = 1;
    const made = call(request);
    this.closedSend();
    return made;
  }

  private async *requests(): AsyncGenerator<ConformanceRequest, void> {
    const { requests, requestDelayMs, cancel } = this.request;
    const definition = requests[0]?.definition;
    for (const [index, request] of requests.entries()) {
      if (index > 0 && requestDelayMs > 0) await this.delay(requestDelayMs);
      if (this.over) return;
      this.handedOver++;
      yield request;
      if (definition?.fullDuplex === true)
        await this.responses(Math.min(this.handedOver, definition.data.length));
    }
    if (cancel?.timing?.$case === "beforeCloseSend") this.abort.abort();
    else this.closedSend();
  }

  private closedSend(): void {
    const timing = this.request.cancel?.timing;
    if (timing?.$case !== "afterCloseSendMs") return;
    this.timers.push(setTimeout(() => this.abort.abort(), timing.value));
  }

  private async delay(ms: number): Promise<void> {
    const passed = new Promise<void>((resolve) => {
      this.timers.push(setTimeout(resolve, ms));
    });
    await Promise.race([passed, this.ended]);
  }

  /** Waits until so many responses are there, or the call is over. */
  private async responses(count: number): Promise<void> {
    while (!this.over && this.result.responses.length < count) {
      const taken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      await Promise.race([taken, this.ended]);
    }
  }

  private async takeAll(responses: AsyncIterable<ConformanceResponse>): Promise<void> {
    for await (const response of responses) this.take(response);
  }

  private take(response: ConformanceResponse): void {
    this.result.responses.push(response);
    this.wake();
    const timing = this.request.cancel?.timing;
    if (timing?.$case === "afterNumResponses" && timing.value === this.result.responses.length)
      this.abort.abort();
  }
}

/** The call can't be made as the case says. */
class NotPossible extends Error {}

function callError(thrown: unknown): CallError {
  const error = HeliographError.from(thrown);
  return CallError.create({
    status: {
      code: error.code,
      message: error.rawMessage,
      reason: error.reason,
      details: [...error.details],
    },
    fromPeer: error.origin === "peer",
    notProcessed: error.notProcessed,
  });
}

async function answer(request: ClientCase): Promise<void> {
  const { name } = request;
  let result: ClientResult["result"];
  try {
    result = { $case: "call", value: await new CaseCall(request).run() };
  } catch (error) {
    result = { $case: "failure", value: String(error) };
  }
  process.stdout.write(framed(ClientResult, { name, result }));
}

const running = new Set<Promise<void>>();
for await (const request of messagesOf(ClientCase, process.stdin)) {
  const answered = answer(request);
  running.add(answered);
  void answered.then(() => running.delete(answered));
}
await Promise.all(running);

/** The server program of the TypeScript kit for conformance runs; see docs/spec/conformance.md. */
import {
  createNode,
  type HandlerContext,
  type Handlers,
  HeliographError,
  insecure,
  type Node,
  serve,
} from "../../../../src/index.js";
import {
  ServerCommand,
  ServerReply,
  type ServerStart,
} from "../../../gen/heliograph/conformance/v1/runner.js";
import {
  type ConformanceRequest,
  ConformanceResponse,
  RequestInfo,
  type ResponseDefinition,
} from "../../../gen/heliograph/conformance/v1/service.js";
import { ConformanceService } from "../../../gen/heliograph/conformance/v1/service_heliograph.js";
import { Code, type Status } from "../../../gen/heliograph/wire/v1/wire.js";
import { framed, messagesOf } from "../message-stream.js";
import { appendAll, compressionNamed, entriesOf } from "./metadata.js";

const handlers: Handlers<typeof ConformanceService> = {
  unary: (request, ctx) => counted(() => new Answer(ctx).single([request])),
  idempotentUnary: (request, ctx) => counted(() => new Answer(ctx).single([request])),
  serverStream: (request, ctx) => countedStream(new Answer(ctx).stream([request])),
  clientStream: (requests, ctx) =>
    counted(async () => {
      const answer = new Answer(ctx);
      return answer.single(await collected(requests));
    }),
  bidiStream: (requests, ctx) => countedStream(bidiStream(requests, ctx)),
};

async function* bidiStream(
  requests: AsyncIterableIterator<ConformanceRequest>,
  ctx: HandlerContext,
): AsyncGenerator<ConformanceResponse, void> {
  const answer = new Answer(ctx);
  const { value: first } = await requests.next();
  if (first?.definition?.fullDuplex === true) yield* answer.duplex(first, requests);
  else yield* answer.stream(first === undefined ? [] : [first, ...(await collected(requests))]);
}

let running = 0;

async function counted<T>(handler: () => Promise<T>): Promise<T> {
  running++;
  try {
    return await handler();
  } finally {
    running--;
  }
}

async function* countedStream<T>(responses: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  running++;
  try {
    yield* responses;
  } finally {
    running--;
  }
}

/** The answer to one call, as its first request defines it. */
class Answer {
  private readonly ctx: HandlerContext;
  private readonly timeoutMs: number | undefined;
  private definition: ResponseDefinition | undefined;
  private sent = 0;

  constructor(ctx: HandlerContext) {
    this.ctx = ctx;
    const remaining = ctx.remainingMs();
    this.timeoutMs = remaining === Number.POSITIVE_INFINITY ? undefined : Math.ceil(remaining);
  }

  async single(requests: readonly ConformanceRequest[]): Promise<ConformanceResponse> {
    this.begin(requests[0]);
    await this.delay();
    this.fail(requests);
    return this.response(this.definition?.data[0] ?? new Uint8Array(), requests);
  }

  async *stream(requests: readonly ConformanceRequest[]): AsyncGenerator<ConformanceResponse, void> {
    this.begin(requests[0]);
    for (const data of this.definition?.data ?? []) {
      await this.delay();
      yield this.response(data, this.sent === 0 ? requests : []);
    }
    this.fail(requests);
  }

  async *duplex(
    first: ConformanceRequest,
    others: AsyncIterable<ConformanceRequest>,
  ): AsyncGenerator<ConformanceResponse, void> {
    this.begin(first);
    const data = this.definition?.data.values() ?? [].values();
    yield* this.respond(data.next(), [first]);
    for await (const request of others) yield* this.respond(data.next(), [request]);
    for (const rest of data) yield* this.respond({ value: rest }, []);
    this.fail([]);
  }

  private async *respond(
    { value: data }: { readonly value: Uint8Array | undefined },
    requests: readonly ConformanceRequest[],
  ): AsyncGenerator<ConformanceResponse, void> {
    if (data === undefined) {
      this.fail(requests);
      return;
    }
    await this.delay();
    yield this.response(data, requests);
  }

  private begin(first: ConformanceRequest | undefined): void {
    this.definition = first?.definition;
    if (this.definition === undefined) return;
    appendAll(this.ctx.responseMetadata, this.definition.metadata);
    appendAll(this.ctx.trailers, this.definition.trailers);
    this.ctx.compression = compressionNamed(this.definition.compression);
  }

  private async delay(): Promise<void> {
    const { delayMs } = this.definition ?? { delayMs: 0 };
    if (delayMs > 0) await this.ctx.sleep(delayMs);
  }

  private response(data: Uint8Array, requests: readonly ConformanceRequest[]): ConformanceResponse {
    const told = this.definition?.withoutInfo !== true && (this.sent === 0 || requests.length > 0);
    const info = told ? this.info(requests) : undefined;
    this.sent++;
    return ConformanceResponse.create({ data, info });
  }

  /** Throws the error of the definition, if there is one. */
  private fail(requests: readonly ConformanceRequest[]): void {
    const { error, withoutInfo } = this.definition ?? {};
    if (error === undefined) return;
    const told = this.sent === 0 && withoutInfo !== true;
    const info = { type: RequestInfo.$type, value: RequestInfo.encode(this.info(requests)).finish() };
    throw errorOf(error, told ? [info] : []);
  }

  private info(requests: readonly ConformanceRequest[]): RequestInfo {
    const first = this.sent === 0;
    return {
      metadata: first ? entriesOf(this.ctx.requestMetadata) : [],
      timeoutMs: first ? this.timeoutMs : undefined,
      requests: [...requests],
    };
  }
}

function errorOf({ code, message, reason, details }: Status, more: Status["details"]): HeliographError {
  if (code === Code.CODE_OK || code === Code.UNRECOGNIZED) throw new Error("the error to throw has no code");
  return new HeliographError(code, message, { reason, details: [...details, ...more] });
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const nodes: Node[] = [];

async function obey({ command }: ServerCommand): Promise<ServerReply["reply"]> {
  if (command?.$case === "countHandlers") return { $case: "runningHandlers", value: running };
  if (command?.$case !== "start") return { $case: "failure", value: "this server knows no such command" };
  try {
    return { $case: "endpoint", value: await start(command.value) };
  } catch (error) {
    return { $case: "failure", value: String(error) };
  }
}

async function start({ endpoint, messageBytes }: ServerStart): Promise<string> {
  const node = createNode({ name: "conformance", security: insecure(), limits: { messageBytes } });
  nodes.push(node);
  const { endpoints } = await serve(node, ConformanceService, handlers, { endpoint });
  return endpoints[0] ?? "";
}

for await (const command of messagesOf(ServerCommand, process.stdin)) {
  process.stdout.write(framed(ServerReply, { reply: await obey(command) }));
}
await Promise.all(nodes.map((node) => node.close({ graceMs: 0 })));

import { Code, type HandlerContext, type Handlers, HeliographError } from "../../src/index.js";
import type { ControlService } from "../gen/heliograph/test/interop/v1/control_heliograph.js";
import {
  type EchoStatus,
  Empty,
  Payload,
  type ResponseParameters,
  SimpleResponse,
  StreamingInputCallResponse,
  StreamingOutputCallResponse,
} from "../gen/heliograph/test/interop/v1/test.js";
import type { TestService } from "../gen/heliograph/test/interop/v1/test_heliograph.js";
import { CallLog, type LoggedCall } from "./call-log.js";
import { INITIAL_KEY, TRAILING_KEY, USER_KEY } from "./data.js";

/** What a server of the interop cases does; `serverId` tells it from others. */
export function interopHandlers(serverId: string): {
  readonly test: Handlers<typeof TestService>;
  readonly control: Handlers<typeof ControlService>;
} {
  const log = new CallLog();
  return {
    test: {
      emptyCall: () => Empty.create(),

      async unaryCall(request, ctx) {
        const call = log.begin(ctx);
        try {
          call.count();
          await call.held();
          checkCompression(request.expectCompressed, ctx);
          echoMetadata(ctx);
          checkStatus(request.responseStatus);
          setCompression(request.responseCompressed, ctx);
          return SimpleResponse.create({
            payload: zeros(request.responseSize),
            username: request.fillUsername ? callerOf(ctx) : "",
            serverId: request.fillServerId ? serverId : "",
          });
        } finally {
          call.end();
        }
      },

      async *streamingOutputCall(request, ctx) {
        const call = log.begin(ctx);
        try {
          echoMetadata(ctx);
          checkStatus(request.responseStatus);
          yield* responses(request.responseParameters, ctx, call);
        } finally {
          call.end();
        }
      },

      async streamingInputCall(requests, ctx) {
        const call = log.begin(ctx);
        try {
          echoMetadata(ctx);
          let sum = 0;
          await call.held();
          for await (const { payload, expectCompressed } of requests) {
            checkCompression(expectCompressed, ctx);
            sum += payload?.body.length ?? 0;
            call.count();
            await call.held();
          }
          return StreamingInputCallResponse.create({ aggregatedPayloadSize: BigInt(sum) });
        } finally {
          call.end();
        }
      },

      async *fullDuplexCall(requests, ctx) {
        const call = log.begin(ctx);
        try {
          echoMetadata(ctx);
          for await (const { responseStatus, responseParameters } of requests) {
            call.count();
            checkStatus(responseStatus);
            yield* responses(responseParameters, ctx, call);
          }
        } finally {
          call.end();
        }
      },
    },

    control: {
      awaitCalls: (request, ctx) => log.reached(request, ctx.signal),
      releaseCalls({ call }) {
        log.release(call);
        return Empty.create();
      },
    },
  };
}

async function* responses(
  parameters: readonly ResponseParameters[],
  ctx: HandlerContext,
  call: LoggedCall,
): AsyncGenerator<StreamingOutputCallResponse> {
  for (const { size, intervalUs, compressed } of parameters) {
    await call.held();
    if (intervalUs > 0) await ctx.sleep(intervalUs / 1000);
    setCompression(compressed, ctx);
    call.count();
    yield StreamingOutputCallResponse.create({ payload: zeros(size) });
  }
  await call.held();
}

function zeros(size: number): Payload | undefined {
  return size > 0 ? Payload.create({ body: new Uint8Array(size) }) : undefined;
}

function checkCompression(expected: boolean | undefined, ctx: HandlerContext): void {
  if (expected === undefined || expected === (ctx.requestCompression !== "none")) return;
  throw new HeliographError(
    Code.InvalidArgument,
    `the request was ${expected ? "not compressed" : `compressed (${ctx.requestCompression})`}, against what it says`,
  );
}

function setCompression(wanted: boolean | undefined, ctx: HandlerContext): void {
  if (wanted !== undefined) ctx.compression = wanted ? "gzip" : "none";
}

/** Sends back what the caller asked to have back, at the beginning and at the end. */
function echoMetadata(ctx: HandlerContext): void {
  const initial = ctx.requestMetadata.get(INITIAL_KEY);
  if (initial !== undefined) ctx.responseMetadata.set(INITIAL_KEY, initial);
  const trailing = ctx.requestMetadata.get(TRAILING_KEY);
  if (trailing !== undefined) ctx.trailers.set(TRAILING_KEY, trailing);
}

function checkStatus(status: EchoStatus | undefined): void {
  if (status === undefined || status.code === 0) return;
  const code = Object.values(Code).find((each) => each === status.code);
  if (code === undefined) throw new HeliographError(Code.InvalidArgument, `${status.code} is no code`);
  throw new HeliographError(code, status.message);
}

/** Whom the call names, else whom the connection names. */
function callerOf(ctx: HandlerContext): string {
  return ctx.requestMetadata.text(USER_KEY) ?? ctx.peer.node;
}

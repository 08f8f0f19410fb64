import {
  Code,
  createNode,
  detail,
  type HandlerContext,
  HeliographError,
  insecure,
  serve,
} from "../../src/index.js";
import { type EchoRequest, EchoResponse } from "../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

/** A node that serves EchoService to the clients of other languages. */
export interface ForeignEcho {
  readonly endpoint: string;
  /** How many handlers have seen their call cancelled or out of time. */
  readonly aborted: () => number;
  /** Lets the calls of `release` end. */
  readonly release: () => void;
  close(): Promise<void>;
}

/** What the request's text asks for decides what becomes of it; any other text is answered with it and the data. */
export async function serveForeignEcho(): Promise<ForeignEcho> {
  const node = createNode({ name: "echo", security: insecure() });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let aborted = 0;
  let drained: Promise<void> | undefined;

  async function echo({ text, data }: EchoRequest, ctx: HandlerContext): Promise<EchoResponse> {
    switch (text) {
      case "hold":
        await new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve()));
        aborted++;
        break;
      case "fail":
        throw new HeliographError(Code.NotFound, "no such echo", {
          reason: "NO_SUCH_ECHO",
          details: [detail(EchoResponse, { text: "first" }), detail(EchoResponse, { text: "second" })],
        });
      case "metadata":
        for (const [key, value] of ctx.requestMetadata) {
          ctx.responseMetadata.append(key, value);
          ctx.trailers.append(key, value);
        }
        break;
      case "slow":
        await ctx.sleep(20);
        break;
      case "release":
        await released;
        break;
      case "drain":
        drained = node.close({ graceMs: 5_000 });
        break;
    }
    return EchoResponse.create({ text, data });
  }

  const { endpoints } = await serve(node, EchoService, { echo }, { endpoint: "tcp://127.0.0.1:*" });
  return {
    endpoint: endpoints[0] ?? "",
    aborted: () => aborted,
    release,
    close: () => drained ?? node.close(),
  };
}

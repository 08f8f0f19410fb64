import { describe, expect, test } from "vitest";
import { Code, HeliographError, type LoggingOptions, logging } from "../../../src/index.js";
import { fakeClock } from "../../../src/testing/index.js";
import {
  answer,
  answersOf,
  bidiCall,
  clientStreamCall,
  collect,
  listed,
  rejection,
  serverStreamCall,
  unaryCall,
} from "./calls.js";

/** A logger that keeps what it is told. */
function kept() {
  const lines: [string, Readonly<Record<string, unknown>>, string][] = [];
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push([level, fields, message]);
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

describe("logging", () => {
  test("writes a line for a call when it has ended", async () => {
    const { lines, logger } = kept();
    const clock = fakeClock();
    await logging({ logger })(async () => {
      clock.advance(12.5);
      return answer("ok");
    })(unaryCall({ clock }));
    expect(lines).toEqual([
      [
        "info",
        {
          method: "heliograph.test.v1.CallService/Look",
          kind: "unary",
          side: "client",
          code: "OK",
          durationMs: 12.5,
        },
        "heliograph.test.v1.CallService/Look: OK",
      ],
    ]);
  });

  test("says why a call failed, and on a server whose call it was", async () => {
    const { lines, logger } = kept();
    const error = new HeliographError(Code.NotFound, "no such thing", { reason: "GONE" });
    const logged = logging({ logger })(async () => {
      throw error;
    });
    await rejection(logged(unaryCall({ side: "server", peer: { node: "shop", instance: "1" } })));
    expect(lines[0]?.[1]).toMatchObject({
      side: "server",
      peer: "shop",
      code: "NOT_FOUND",
      reason: "GONE",
      error,
    });
  });

  test.each<[Code, string]>([
    [Code.NotFound, "info"],
    [Code.Cancelled, "info"],
    [Code.InvalidArgument, "info"],
    [Code.Unavailable, "warn"],
    [Code.DeadlineExceeded, "warn"],
    [Code.ResourceExhausted, "warn"],
    [Code.PermissionDenied, "warn"],
    [Code.Unknown, "error"],
    [Code.Internal, "error"],
    [Code.Unimplemented, "error"],
    [Code.DataLoss, "error"],
  ])("writes of code %i at level %s", async (code, level) => {
    const { lines, logger } = kept();
    const logged = logging({ logger })(async () => {
      throw new HeliographError(code, "no");
    });
    await rejection(logged(unaryCall()));
    expect(lines[0]?.[0]).toBe(level);
  });

  test("counts the messages of streams, and writes when the last was taken", async () => {
    const { lines, logger } = kept();
    const log = logging({ logger });
    const { messages } = await log(async () => answersOf(listed([1, 2, 3])))(serverStreamCall());
    expect(lines).toEqual([]);
    await collect(messages);
    await log(async (call) => answer((await collect(call.requests)).length))(
      clientStreamCall(listed([1, 2])),
    );
    const chat = await log(async (call) => answersOf(call.requests ?? listed([])))(bidiCall(listed([1])));
    await collect(chat.messages);
    expect(lines.map(([, { kind, requests, answers }]) => [kind, requests, answers])).toEqual([
      ["server-stream", undefined, 3],
      ["client-stream", 2, undefined],
      ["bidi-stream", 1, 1],
    ]);
  });

  test("writes of a stream that was left that it was cancelled, once", async () => {
    const { lines, logger } = kept();
    const controller = new AbortController();
    const call = serverStreamCall({ signal: controller.signal });
    const { messages } = await logging({ logger })(async () => answersOf(listed([1, 2, 3])))(call);
    for await (const message of messages ?? []) if (message === 2) break;
    controller.abort();
    expect(lines.map(([level, { code, answers }]) => [level, code, answers])).toEqual([
      ["info", "CANCELLED", 2],
    ]);
  });

  test("leaves the level, and whether there is a line at all, to a function", async () => {
    const { lines, logger } = kept();
    const level: LoggingOptions["level"] = (error, call) =>
      error === undefined ? undefined : call.side === "client" ? "debug" : "error";
    const log = logging({ logger, level });
    await log(async () => answer("ok"))(unaryCall());
    await rejection(
      log(async () => {
        throw new HeliographError(Code.NotFound, "no");
      })(unaryCall()),
    );
    expect(lines.map(([each]) => each)).toEqual(["debug"]);
  });

  test.each<[unknown, string]>([
    [{ logger: 3 }, "got 3"],
    [{ logger: null }, "got null"],
    [{ level: "info" }, 'got "info"'],
    [{ log: console }, 'no option "log"'],
  ])("refuses %j and quotes it", (options, quoted) => {
    expect(() => logging(options as LoggingOptions)).toThrow(quoted);
  });
});

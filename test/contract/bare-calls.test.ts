import { describe, expect, test } from "vitest";
import { Dealer, Request } from "zeromq";
import { Frame, Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { Code, HeliographError } from "../../src/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { frame, packet } from "../support/raw-peer.js";
import { deferred, fired, harness, never, type Server, tcp } from "./rpc-harness.js";

const { serve: start, own } = harness(tcp);
const PATH = "heliograph.test.v1.CallService/Call";
const encoded = (note: Partial<Note>) => Buffer.from(Note.encode(Note.create(note)).finish());

function requester(server: Server): Request {
  const socket = new Request({ linger: 0 });
  own({ [Symbol.asyncDispose]: async () => socket.close() });
  socket.connect(server.endpoint);
  return socket;
}

function dealer(server: Server): Dealer {
  const socket = new Dealer({ linger: 0 });
  own({ [Symbol.asyncDispose]: async () => socket.close() });
  socket.connect(server.endpoint);
  return socket;
}

/** A bare call of two parts: the answer's parts. */
async function bare(socket: Request, method: string, request: Uint8Array): Promise<[string, Buffer]> {
  await socket.send([method, request]);
  const parts = await socket.receive();
  expect(parts).toHaveLength(2);
  return [String(parts[0]), parts[1]!];
}

const request = (id: number, note: Partial<Note>, method = PATH) =>
  packet((writer) =>
    frame(writer, FrameKind.Request, id, () => {
      writer.text(FrameField.method, method);
      writer.number(FrameField.codec, 1);
      writer.flag(FrameField.endStream);
      writer.bytesField(FrameField.payload, encoded(note));
    }),
  );

/** The END that a packet holds. */
function endOf(part: Buffer, attachment?: Buffer): Frame {
  const { frames } = Packet.decode(part);
  expect(frames).toHaveLength(1);
  expect(frames[0]!.kind).toBe(FrameKind.End);
  if (attachment !== undefined) expect(frames[0]!.attached).toBe(true);
  return frames[0]!;
}

describe("a bare call of a REQ socket", () => {
  test("gets OK and the answer, again and again", async () => {
    const server = await start({ call: (note) => Note.create({ text: [...note.text].reverse().join("") }) });
    const socket = requester(server);
    for (const text of ["stressed", "", "☺a"]) {
      const [status, answer] = await bare(socket, PATH, encoded({ text }));
      expect(status).toBe("OK");
      expect(Note.decode(answer).text).toBe([...text].reverse().join(""));
    }
  });

  test("may have an empty request and an empty answer", async () => {
    const server = await start({ empty: () => ({}), call: (note) => note });
    const socket = requester(server);
    expect(await bare(socket, "heliograph.test.v1.CallService/Empty", Buffer.alloc(0))).toEqual([
      "OK",
      Buffer.alloc(0),
    ]);
    expect((await bare(socket, PATH, Buffer.alloc(0)))[0]).toBe("OK");
  });

  test("gets the code's name and a text for an error", async () => {
    const server = await start({
      call: ({ text }) => {
        if (text === "mine") throw new HeliographError(Code.NotFound, "no user 7");
        throw new Error("a secret");
      },
    });
    const socket = requester(server);
    const errors: [string, string][] = [];
    for (const [method, bytes] of [
      [PATH, encoded({ text: "mine" })],
      [PATH, encoded({})],
      ["heliograph.test.v1.CallService/Nope", Buffer.alloc(0)],
      ["other.v1.Service/Call", Buffer.alloc(0)],
      ["", Buffer.alloc(0)],
      ["no path at all", Buffer.alloc(0)],
      ["heliograph.test.v1.CallService/Count", Buffer.alloc(0)],
      [PATH, Buffer.from([0xff])],
      [PATH, Buffer.alloc(2_097_153)],
    ] as const) {
      const [code, text] = await bare(socket, method, bytes);
      errors.push([code, String(text)]);
    }
    expect(errors.map(([code]) => code)).toEqual([
      "NOT_FOUND",
      "UNKNOWN",
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      "UNIMPLEMENTED",
      expect.stringMatching(/^IN/),
      "RESOURCE_EXHAUSTED",
    ]);
    expect(errors[0]![1]).toBe("no user 7");
    expect(errors[1]![1]).not.toContain("secret");
    expect(errors[4]![1]).toBe('"" is not package.Service/Method');
  });

  test("whose answer is too large gets RESOURCE_EXHAUSTED", async () => {
    const server = await start({ call: ({ number }) => Note.create({ data: Buffer.alloc(Number(number)) }) });
    const socket = requester(server);
    expect((await bare(socket, PATH, encoded({ number: 2_000_000n })))[0]).toBe("OK");
    expect((await bare(socket, PATH, encoded({ number: 2_097_152n })))[0]).toBe("RESOURCE_EXHAUSTED");
  });

  test("sees no metadata, knows nobody, and has 10 s", async () => {
    const server = await start({
      call: (_note, ctx) => {
        expect([...ctx.requestMetadata]).toEqual([]);
        expect(ctx.peer).toEqual({ node: "", instance: "" });
        return Note.create({ number: BigInt(Math.round(ctx.remainingMs() / 1000)) });
      },
    });
    const [, answer] = await bare(requester(server), PATH, Buffer.alloc(0));
    expect(Note.decode(answer).number).toBe(10n);
  });

  test("whose caller vanishes fires the handler's signal", async () => {
    const entered = deferred<AbortSignal>();
    const server = await start({
      call: (_note, ctx) => {
        entered.resolve(ctx.signal);
        return never();
      },
    });
    const socket = requester(server);
    await socket.send([PATH, Buffer.alloc(0)]);
    const signal = await entered.promise;
    socket.close();
    expect(await fired(signal)).toMatchObject({ reason: "PEER_GONE" });
  });

  test("in flight when the node closes is answered: by the handler within the grace, else UNAVAILABLE", async () => {
    const entered = [deferred(), deferred()] as const;
    const go = deferred();
    const server = await start({
      call: async (note) => {
        entered[0].resolve();
        await go.promise;
        return note;
      },
      other: () => {
        entered[1].resolve();
        return never();
      },
    });
    const first = requester(server);
    const second = requester(server);
    const answered = bare(first, PATH, encoded({ text: "a" }));
    const stuck = bare(second, "heliograph.test.v1.CallService/Other", Buffer.alloc(0));
    await Promise.all(entered.map(({ promise }) => promise));
    const closing = server.node.close({ graceMs: 100 });
    go.resolve();
    expect((await answered)[0]).toBe("OK");
    expect(await stuck).toEqual(["UNAVAILABLE", Buffer.from("the server is shutting down")]);
    await closing;
  });

  test("made while the node drains is refused", async () => {
    const entered = deferred();
    const go = deferred();
    let calls = 0;
    const server = await start({
      call: async (note) => {
        calls++;
        entered.resolve();
        await go.promise;
        return note;
      },
    });
    const slow = bare(requester(server), PATH, Buffer.alloc(0));
    await entered.promise;
    const late = requester(server);
    await bare(late, "other.v1.Service/Call", Buffer.alloc(0));
    const closing = server.node.close({ graceMs: 5_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await bare(late, PATH, Buffer.alloc(0)))[0]).toBe("UNAVAILABLE");
    go.resolve();
    expect((await slow)[0]).toBe("OK");
    await closing;
    expect(calls).toBe(1);
  });
});

describe("an enveloped REQUEST", () => {
  test("of a REQ socket is answered by one END", async () => {
    const server = await start({ call: (note) => note });
    const socket = requester(server);
    await socket.send(request(7, { text: "a" }));
    const [part, ...rest] = await socket.receive();
    expect(rest).toEqual([]);
    const end = endOf(part!);
    expect(Number(end.callId)).toBe(7);
    expect(Note.decode(end.payload!).text).toBe("a");
  });

  test("keeps its envelope, with correlation parts, so that answers find their calls in any order", async () => {
    const go = deferred();
    const server = await start({
      call: async (note) => {
        if (note.text === "slow") await go.promise;
        return note;
      },
    });
    const socket = dealer(server);
    await socket.send([
      Buffer.from("corr-1"),
      Buffer.from("x"),
      Buffer.alloc(0),
      ...request(1, { text: "slow" }),
    ]);
    await socket.send([Buffer.from("corr-2"), Buffer.alloc(0), ...request(2, { text: "fast" })]);
    const fast = await socket.receive();
    expect(fast.slice(0, 2).map(String)).toEqual(["corr-2", ""]);
    expect(Note.decode(endOf(fast[2]!).payload!).text).toBe("fast");
    go.resolve();
    const slow = await socket.receive();
    expect(slow.slice(0, 3).map(String)).toEqual(["corr-1", "x", ""]);
    expect(Number(endOf(slow[3]!).callId)).toBe(1);
  });

  test("gets a large answer as an attachment", async () => {
    const server = await start({ call: () => Note.create({ data: Buffer.alloc(100_000, 7) }) });
    const socket = requester(server);
    await socket.send(request(1, {}));
    const [part, attachment] = await socket.receive();
    endOf(part!, attachment);
    expect(Note.decode(attachment!).data).toHaveLength(100_000);
  });

  test("carries metadata both ways, and its status", async () => {
    const server = await start({
      call: (_note, ctx) => {
        ctx.trailers.set("seen", String(ctx.requestMetadata.text("k")));
        throw new HeliographError(Code.Aborted, "no", { reason: "WHY" });
      },
    });
    const socket = requester(server);
    await socket.send([
      Packet.encode(
        Packet.create({
          frames: [
            Frame.create({
              kind: FrameKind.Request,
              callId: 3n,
              method: PATH,
              codec: 1,
              payload: new Uint8Array(),
              metadata: [{ key: "k", value: Buffer.from("v") }],
            }),
          ],
        }),
      ).finish(),
    ]);
    const end = endOf((await socket.receive())[0]!);
    expect(end.status).toMatchObject({ code: Code.Aborted, message: "no", reason: "WHY" });
    // An error travels without what a handler wanted to send along.
    expect(end.callId).toBe(3n);
  });

  test.each<[string, Buffer[], number]>([
    ["an empty packet", [Buffer.alloc(0)], Code.Internal],
    ["garbage", [Buffer.from([0x0a, 0xff, 0xff])], Code.Internal],
    ["a HELLO", packet((writer) => frame(writer, FrameKind.Hello, 0)), Code.Internal],
    ["an unknown method", request(1, {}, "a.B/C"), Code.Unimplemented],
  ])("that is %s gets END with an error, and the socket stays usable", async (_what, parts, code) => {
    const server = await start({ call: (note) => note });
    const socket = dealer(server);
    await socket.send([Buffer.alloc(0), ...parts]);
    const [, part] = await socket.receive();
    expect(endOf(part!).status?.code).toBe(code);
    await socket.send([Buffer.alloc(0), ...request(9, { text: "after" })]);
    const [, after] = await socket.receive();
    expect(Note.decode(endOf(after!).payload!).text).toBe("after");
  });

  test("of two REQUESTs ends what it had started", async () => {
    const entered = deferred<AbortSignal>();
    const server = await start({
      call: (_note, ctx) => {
        entered.resolve(ctx.signal);
        return never();
      },
    });
    const socket = dealer(server);
    await socket.send([Buffer.alloc(0), Buffer.concat([request(1, {})[0]!, request(2, {})[0]!])]);
    expect(endOf((await socket.receive())[1]!).status?.code).toBe(Code.Internal);
    expect((await entered.promise).aborted).toBe(true);
  });
});

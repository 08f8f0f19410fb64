import { describe, expect, test } from "vitest";
import {
  Code,
  codeName,
  createClient,
  detail,
  findDetails,
  HeliographError,
  serve,
} from "../../src/index.js";
import { Note, Problem } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { failure, harness, never, type RpcCase } from "./rpc-harness.js";

const PATH = "heliograph.test.v1.CallService/Call";

/** How calls fail. */
export function testErrors(rpcCase: RpcCase): void {
  describe("errors", () => {
    const { pair } = harness(rpcCase);

    test("each of the sixteen codes travels with message, reason and typed details; the cause stays", async () => {
      const { client, errors } = await pair({
        call: ({ number, text }) => {
          throw new HeliographError(Number(number) as Code, text, {
            reason: "APP_REASON",
            details: [
              detail(Problem, { id: text, count: 7 }),
              { type: "other.Type", value: Uint8Array.of(1) },
            ],
            cause: new Error("a secret"),
          });
        },
      });
      for (const code of Object.values(Code)) {
        const error = await failure(client.call({ number: BigInt(code), text: `text ${code}` }));
        expect(error).toMatchObject({
          code,
          rawMessage: `text ${code}`,
          message: `${codeName(code)}: ${PATH}: text ${code}`,
          reason: "APP_REASON",
          origin: "peer",
          notProcessed: false,
        });
        expect(findDetails(error, Problem)).toEqual([{ id: `text ${code}`, count: 7 }]);
        expect(error.details[1]).toMatchObject({ type: "other.Type" });
        expect(error.cause).toBeUndefined();
      }
      expect(errors).toEqual([]);
    });

    test.each([
      [
        "with white space and beyond ASCII",
        "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n",
      ],
      ["that is empty", ""],
    ])("a message %s arrives byte for byte", async (_what, text) => {
      const { client } = await pair({
        call: () => {
          throw new HeliographError(Code.Unknown, text);
        },
      });
      expect((await failure(client.call({}))).rawMessage).toBe(text);
    });

    test("what is too long of an error is cut, and the call still ends with it", async () => {
      const { client } = await pair({
        call: () => {
          throw new HeliographError(Code.Aborted, "x".repeat(2_000_000), {
            reason: "R".repeat(100_000),
            details: [{ type: "a.B", value: new Uint8Array(1_000_000) }],
          });
        },
      });
      const error = await failure(client.call({}));
      expect(error.code).toBe(Code.Aborted);
      expect([error.rawMessage.length, error.details]).toEqual([4096, []]);
    });

    test.each<[string, () => never]>([
      ["an Error", () => throws(new TypeError("a secret"))],
      ["a text", () => throws("a secret")],
      ["undefined", () => throws(undefined)],
      ["an object that can't be shown", () => throws(Object.create(null))],
      ["an abort that isn't the call's", () => throws(AbortSignal.abort().reason)],
    ])("a handler that throws %s is UNKNOWN without its text, and onError sees it", async (_what, fails) => {
      const { client, errors } = await pair({ call: fails, other: async () => fails() });
      for (const call of [client.call({}), client.other({})]) {
        const error = await failure(call);
        expect(error).toMatchObject({ code: Code.Unknown, reason: "HANDLER_FAILED", notProcessed: false });
        expect(error.message).not.toContain("secret");
      }
      expect(errors).toHaveLength(2);
    });

    test.each<[string, unknown]>([
      ["undefined", undefined],
      ["null", null],
      ["a number", 5],
      ["a field of a wrong type", { ...Note.create(), text: 5 }],
      ["a message with a missing field", { text: "a" }],
      ["a promise of nonsense", Promise.resolve("nonsense")],
      [
        "a promise-like that calls back at once",
        // biome-ignore lint/suspicious/noThenProperty: that is the point
        { then: (resolve: (value: unknown) => void) => resolve("x") },
      ],
    ])("a handler that returns %s is INTERNAL, and onError sees it", async (_what, nonsense) => {
      const { client, errors } = await pair({ call: () => nonsense as Note, other: (note) => note });
      const error = await failure(client.call({}));
      expect(error).toMatchObject({ code: Code.Internal, reason: "MALFORMED_MESSAGE" });
      expect(error.message).toContain("Note");
      expect(errors).toHaveLength(1);
      expect(await client.other({ text: "still here" })).toMatchObject({ text: "still here" });
    });

    test("a promise-like whose then throws fails its call alone", async () => {
      const nonsense = {
        // biome-ignore lint/suspicious/noThenProperty: that is the point
        get then() {
          return () => throws(new Error("no then"));
        },
      };
      const { client, errors } = await pair(
        { call: () => nonsense as unknown as Note, other: (note) => note },
        { serve: { maxConcurrent: 1 } },
      );
      for (let i = 0; i < 3; i++)
        expect(await failure(client.call({}))).toMatchObject({ code: Code.Unknown });
      expect(errors).toHaveLength(3);
      expect(await client.other({ text: "a lane is free" })).toMatchObject({ text: "a lane is free" });
    });

    test("an error that a handler got from a call of its own travels on, but not that this one did not run", async () => {
      const { client } = await pair({
        call: () =>
          throws(
            new HeliographError(Code.Unavailable, "the database is away", {
              reason: "NO_INSTANCE",
              notProcessed: true,
              origin: "peer",
              call: "db.v1.Store/Get",
            }),
          ),
      });
      expect(await failure(client.call({}))).toMatchObject({
        code: Code.Unavailable,
        rawMessage: "the database is away",
        reason: "NO_INSTANCE",
        notProcessed: false,
      });
    });

    test("an error of another copy of the package, or one that can't travel whole, arrives as far as it can", async () => {
      const thrown: unknown[] = [
        Object.assign(new Error("x"), { name: "HeliographError", code: 5, rawMessage: "gone" }),
        new HeliographError(99 as Code, "no such code"),
        new HeliographError(Code.NotFound, 42 as unknown as string, {
          reason: 43 as unknown as string,
          details: [{ type: "a.B", value: "text" as unknown as Uint8Array }],
        }),
      ];
      const { client } = await pair({ call: ({ number }) => throws(thrown[Number(number)]) });
      expect(await failure(client.call({ number: 0n }))).toMatchObject({ code: 5, rawMessage: "gone" });
      expect(await failure(client.call({ number: 1n }))).toMatchObject({ code: Code.Unknown });
      expect(await failure(client.call({ number: 2n }))).toMatchObject({
        code: 5,
        rawMessage: "42",
        reason: "43",
      });
    });

    test("hooks that throw harm nobody", async () => {
      const hook = () => throws(new Error("in the hook"));
      const { client } = await pair(
        { call: () => throws(new Error("x")) },
        { node: { onError: hook, onUnhandled: hook } },
      );
      expect(await failure(client.call({}))).toMatchObject({ code: Code.Unknown });
      expect(await failure(client.other({}))).toMatchObject({ code: Code.Unimplemented });
      expect(await failure(client.call({}))).toMatchObject({ code: Code.Unknown });
    });
  });

  describe("what isn't served", () => {
    const { pair, serve: start, connect } = harness(rpcCase);

    test("is UNIMPLEMENTED and not processed; service, method and handler that are missing are told apart", async () => {
      const server = await start({ call: (note) => note });
      const connection = connect([server.endpoint]);
      const handlerless = createClient(connection, CallService).other({});
      const unknownService = createClient(connection, SecondService).call({});
      const renamed = {
        ...CallService,
        call: { ...CallService.call, path: "heliograph.test.v1.CallService/Cal" },
      };
      const unknownMethod = createClient(connection, renamed).call({});
      const messages: string[] = [];
      for (const call of [handlerless, unknownService, unknownMethod]) {
        const error = await failure(call);
        expect(error).toMatchObject({
          code: Code.Unimplemented,
          reason: "METHOD_UNKNOWN",
          notProcessed: true,
        });
        messages.push(error.rawMessage);
      }
      expect(messages).toEqual([
        "heliograph.test.v1.CallService/Other is declared, but the server has no handler for it",
        "heliograph.test.v1.SecondService is not served here",
        "heliograph.test.v1.CallService has no method Cal",
      ]);
      expect(server.unhandled).toEqual([
        "heliograph.test.v1.CallService/Other",
        "heliograph.test.v1.SecondService/Call",
        "heliograph.test.v1.CallService/Cal",
      ]);
    });

    test("a method that streams is UNIMPLEMENTED as its kind", async () => {
      const server = await start({ call: (note) => note });
      const asUnary = {
        ...CallService,
        call: { ...CallService.call, path: CallService.count.path },
      };
      const error = await failure(createClient(connect([server.endpoint]), asUnary).call({}));
      expect(error.code).toBe(Code.Unimplemented);
    });

    test("two services share a node; one is added and stopped while the other goes on", async () => {
      const { node, endpoint, client } = await pair({ call: (note) => note });
      const second = createClient(connect([endpoint]), SecondService);
      expect(await failure(second.call({}))).toMatchObject({ code: Code.Unimplemented });

      let release = () => {};
      const started = new Promise<void>((entered) => {
        release = entered;
      });
      let finish = () => {};
      const served = await serve(node, SecondService, {
        call: (note) => {
          release();
          return note.text === "slow" ? new Promise((resolve) => (finish = () => resolve(note))) : note;
        },
      });
      expect(served.endpoints).toEqual([endpoint]);
      expect([...node.services]).toEqual([CallService.$service, SecondService.$service]);
      const slow = second.call({ text: "slow" });
      await started;
      await served.stop();
      expect([...node.services]).toEqual([CallService.$service]);
      expect(await failure(second.call({}))).toMatchObject({ code: Code.Unimplemented });
      finish();
      expect(await slow).toMatchObject({ text: "slow" });
      expect(await client.call({ text: "a" })).toMatchObject({ text: "a" });

      await serve(node, SecondService, { call: () => Note.create({ text: "anew" }) });
      // Stopping what was stopped takes nothing away from its successor.
      await served.stop();
      expect(await second.call({})).toMatchObject({ text: "anew" });
    });

    test("the same service twice on a node is refused", async () => {
      const { node } = await start({});
      await expect(serve(node, CallService, {})).rejects.toMatchObject({
        code: Code.InvalidArgument,
        message: expect.stringContaining("heliograph.test.v1.CallService is already served by this node"),
      });
    });

    test("an instance of a class serves with its methods, private ones and all", async () => {
      class Impl {
        #count = 0n;
        call(note: Note): Note {
          return { ...note, number: ++this.#count };
        }
        helper(): void {}
      }
      const { client } = await pair(new Impl());
      await client.call({});
      expect(await client.call({})).toMatchObject({ number: 2n });
    });
  });

  const { pair } = harness(rpcCase);

  test("a handler that never returns holds nobody up but its own call", async () => {
    const { client } = await pair({ call: never, other: (note) => note });
    const stuck = failure(client.call({}, { timeoutMs: 50 }));
    expect(await client.other({ text: "a" })).toMatchObject({ text: "a" });
    expect(await stuck).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
  });
}

function throws(thrown: unknown): never {
  throw thrown;
}

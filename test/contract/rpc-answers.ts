import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ContextValues, createContextKey } from "../../src/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { failure, harness, type RpcCase } from "./rpc-harness.js";

/** What comes back of calls that succeed. */
export function testAnswers(rpcCase: RpcCase): void {
  describe("answers", () => {
    const { pair } = harness(rpcCase);
    const echo = { call: (note: Note) => note };

    test("a call gets the handler's answer", async () => {
      const { client } = await pair({ call: ({ text }) => Note.create({ text: `Hello, ${text}!` }) });
      expect(await client.call({ text: "Ada" })).toEqual(Note.create({ text: "Hello, Ada!" }));
    });

    test("a handler may answer later", async () => {
      const { client } = await pair({
        call: async (note, ctx) => {
          await ctx.sleep(1);
          return note;
        },
      });
      expect(await client.call({ number: 2n ** 62n })).toMatchObject({ number: 2n ** 62n });
    });

    test("fields left out, at any depth, arrive as their defaults", async () => {
      const { client } = await pair({
        call: (note) => {
          expect(note).toEqual({
            text: "",
            data: new Uint8Array(),
            number: 0n,
            nested: { value: 0 },
            list: [],
          });
          return note;
        },
      });
      await client.call({ nested: {} });
    });

    test("a message without fields travels", async () => {
      const { client } = await pair({ empty: () => ({}) });
      expect(await client.empty({})).toEqual({});
    });

    test("10 MB travel both ways, beside small calls", async () => {
      const { client } = await pair(echo);
      const data = randomBytes(10_000_000);
      const large = client.call({ data });
      const small = await Promise.all([1n, 2n, 3n].map((number) => client.call({ number })));
      expect(small.map(({ number }) => number)).toEqual([1n, 2n, 3n]);
      expect(Buffer.compare((await large).data, data)).toBe(0);
    });

    test.each([16_383, 16_384, 262_143, 262_144, 262_145, 600_000])(
      "%i bytes of payload arrive whole",
      async (size) => {
        const { client } = await pair(echo);
        const data = randomBytes(size - 4);
        const answer = await client.call({ data });
        expect(Buffer.compare(answer.data, data)).toBe(0);
      },
    );

    test("five large calls at a time arrive whole, and none crossed", async () => {
      const { client } = await pair(echo);
      const requests = [1, 2, 3, 4, 5].map((i) => randomBytes(1_000_000 + i));
      const answers = await Promise.all(requests.map((data) => client.call({ data })));
      for (const [i, { data }] of answers.entries()) expect(Buffer.compare(data, requests[i]!)).toBe(0);
    });

    test("a request that can't be encoded fails alone, and holds up no large one beside it", async () => {
      const { client } = await pair(echo);
      await client.call({});
      const data = randomBytes(3_000_000);
      const large = client.call({ data });
      // Once the first chunks have left, so that nothing else makes the rest go.
      await new Promise((resolve) => setImmediate(resolve));
      const error = await failure(client.call({ text: 5 as unknown as string }));
      expect(error).toMatchObject({ code: 3, reason: "MALFORMED_MESSAGE", origin: "local" });
      expect(error.message).toContain("Note.text");
      expect((await large).data).toHaveLength(data.length);
    });

    test("500 calls of one turn get their own answers, in whatever order they come", async () => {
      const { client } = await pair({
        call: async (note, ctx) => {
          if (note.number % 3n === 0n) await ctx.sleep(Number(note.number % 5n));
          return note;
        },
      });
      const numbers = Array.from({ length: 500 }, (_, i) => BigInt(i));
      const answers = await Promise.all(numbers.map((number) => client.call({ number })));
      expect(answers.map(({ number }) => number)).toEqual(numbers);
    });

    test.each(["protobuf", "json", "msgpack"] as const)(
      "the %s codec carries all of a message",
      async (codec) => {
        const { client } = await pair(echo, { client: { codec } });
        const note = Note.create({
          text: "☺ 😈",
          data: Uint8Array.of(0, 255, 10),
          number: -(2n ** 63n),
          nested: { value: -1 },
          list: ["", "b"],
        });
        const answer = await client.call(note);
        expect({ ...answer, data: [...answer.data] }).toEqual({ ...note, data: [...note.data] });
      },
    );

    test("a client is an object of functions only, so that await and inspection leave it alone", async () => {
      const { client } = await pair(echo);
      expect(await client).toBe(client);
      expect(Object.keys(client)).toEqual(expect.arrayContaining(["call", "other", "empty"]));
      expect(new Set(Object.values(client).map((each) => typeof each))).toEqual(new Set(["function"]));
      expect(Object.getPrototypeOf(client)).toBeNull();
    });
  });

  describe("metadata", () => {
    const { pair } = harness(rpcCase);

    test("of the request reaches the handler: in order, repeated keys, bytes, empty values, text beyond ASCII", async () => {
      const sent: [string, string | Uint8Array][] = [
        ["b", "1"],
        ["a-bin", Uint8Array.of(0xab, 0, 0xff)],
        ["b", ""],
        ["empty-bin", new Uint8Array()],
        ["text", "\ufeff Grüße ☺\n"],
      ];
      const { client } = await pair({
        call: (note, ctx) => {
          const received = [...ctx.requestMetadata].map(([key, value]) => [
            key,
            typeof value === "string" ? value : [...value],
          ]);
          expect(received).toEqual(
            sent.map(([key, value]) => [key, typeof value === "string" ? value : [...value]]),
          );
          return note;
        },
      });
      await client.call({}, { metadata: sent });
    });

    test("of the answer reaches the caller apart, as header and trailers, before the call ends", async () => {
      const { client } = await pair({
        call: (note, ctx) => {
          ctx.responseMetadata.append("x-initial", "1").append("x-initial", "2");
          ctx.trailers.append("x-trailing-bin", Uint8Array.of(0xab, 0xab, 0xab));
          return note;
        },
      });
      const seen: unknown[] = [];
      await client
        .call(
          {},
          {
            onHeader: (metadata) => seen.push(["header", [...metadata]]),
            onTrailer: (metadata) =>
              seen.push(["trailer", [...(metadata.get("x-trailing-bin") as Uint8Array)]]),
          },
        )
        .then(() => seen.push("answer"));
      expect(seen).toEqual([
        [
          "header",
          [
            ["x-initial", "1"],
            ["x-initial", "2"],
          ],
        ],
        ["trailer", [0xab, 0xab, 0xab]],
        "answer",
      ]);
    });

    test("of an error reaches the caller, too", async () => {
      const { client } = await pair({
        call: (_note, ctx) => {
          ctx.responseMetadata.set("h", "1");
          ctx.trailers.set("t", "2");
          throw new Error("no");
        },
      });
      const seen: string[] = [];
      await failure(
        client.call(
          {},
          { onHeader: (m) => seen.push(`${m.text("h")}`), onTrailer: (m) => seen.push(`${m.text("t")}`) },
        ),
      );
      expect(seen).toEqual(["1", "2"]);
    });

    test.each(["onHeader", "onTrailer"] as const)(
      "a throwing %s fails its call and no other",
      async (callback) => {
        const { client } = await pair({
          call: async (note, ctx) => {
            if (note.text !== "plain") ctx.responseMetadata.set("a", "1");
            if (note.text !== "plain") ctx.trailers.set("a", "1");
            return note;
          },
        });
        const beside = client.call({ text: "plain" });
        const cause = new Error("mine");
        const error = await failure(
          client.call(
            {},
            {
              [callback]: () => {
                throw cause;
              },
            },
          ),
        );
        expect(error).toMatchObject({ code: 2, origin: "local", cause });
        expect(await beside).toMatchObject({ text: "plain" });
        expect(await client.call({ text: "after" })).toMatchObject({ text: "after" });
      },
    );

    test("that the server doesn't accept is refused before it is sent; at the limit it passes", async () => {
      const { client } = await pair(
        { call: (_note, ctx) => Note.create({ number: BigInt(ctx.requestMetadata.size) }) },
        { node: { limits: { metadataBytes: 300 } } },
      );
      await client.call({});
      const fits: [string, string][] = Array.from({ length: 60 }, () => ["key", "va"]);
      expect(await client.call({}, { metadata: fits })).toMatchObject({ number: 60n });
      const error = await failure(client.call({}, { metadata: [...fits, ["k", ""]] }));
      expect(error).toMatchObject({
        code: 8,
        reason: "MESSAGE_TOO_LARGE",
        notProcessed: true,
        origin: "local",
      });
      expect(error.message).toContain("301 bytes");
    });

    test("of the answer that the client doesn't accept ends the call with RESOURCE_EXHAUSTED", async () => {
      const { client } = await pair(
        {
          call: (note, ctx) => {
            ctx.trailers.set("a", "x".repeat(note.text === "huge" ? 1_000_000 : 256));
            if (note.list.length > 0) throw new Error("no");
            return note;
          },
        },
        { connect: { limits: { metadataBytes: 256 } } },
      );
      for (const text of ["large", "huge"]) {
        expect(await failure(client.call({ text }))).toMatchObject({ code: 8, reason: "MESSAGE_TOO_LARGE" });
        // An error travels without what doesn't fit beside it.
        expect(await failure(client.call({ text, list: [""] }))).toMatchObject({ code: 2 });
      }
    });

    test("that is malformed is refused by the call", async () => {
      const { client } = await pair({ call: (note) => note });
      expect(await failure(client.call({}, { metadata: { "a b": "1" } }))).toMatchObject({
        reason: "BAD_METADATA",
      });
    });
  });

  const { pair } = harness(rpcCase);

  test("context values of a call are seen by its interceptors and handler, on each side apart", async () => {
    const user = createContextKey("user", "nobody");
    const { client } = await pair(
      { call: (_note, ctx) => Note.create({ text: ctx.values.get(user) }) },
      {
        serve: {
          interceptors: [
            (next) => (call) => {
              expect(call.values.get(user)).toBe("nobody");
              call.values.set(user, `from ${call.metadata.text("user")}`);
              return next(call);
            },
          ],
        },
        client: {
          interceptors: [
            (next) => (call) => {
              call.metadata.set("user", call.values.get(user));
              return next(call);
            },
          ],
        },
      },
    );
    const values = new ContextValues().set(user, "Ada");
    expect(await client.call({}, { values })).toMatchObject({ text: "from Ada" });
  });
}

import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { Frame } from "../../src/gen/heliograph/wire/v1/wire.js";
import {
  type CallOptions,
  type ClientConnection,
  Code,
  type ConnectOptions,
  connectTo,
  createClient,
  HeliographError,
  insecure,
} from "../../src/index.js";
import { type FakeClock, fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { HandServer, type HandSession, type HandSessionOptions } from "../support/hand-server.js";
import { frame } from "../support/raw-peer.js";
import { deferred, failure, silent } from "./rpc-harness.js";

const { Credit, End, Message } = FrameKind;

/** Requests that a test hands out, and how often they were asked for and let go. */
class Requests implements AsyncIterable<Partial<Note>> {
  asked = 0;
  returned = 0;
  private readonly given: Promise<IteratorResult<Partial<Note>>>[] = [];
  private readonly ready: ((result: Promise<IteratorResult<Partial<Note>>>) => void)[] = [];

  constructor(...notes: readonly Partial<Note>[]) {
    this.give(...notes);
  }

  give(...notes: readonly Partial<Note>[]): this {
    for (const value of notes) this.push(Promise.resolve({ done: false, value }));
    return this;
  }

  end(): this {
    this.push(Promise.resolve({ done: true, value: undefined }));
    return this;
  }

  fail(error: Error): this {
    const failed = Promise.reject(error);
    failed.catch(() => {});
    this.push(failed);
    return this;
  }

  [Symbol.asyncIterator](): AsyncIterator<Partial<Note>> {
    return {
      next: () => {
        this.asked++;
        const next = this.given.shift();
        if (next !== undefined) return next;
        return new Promise((resolve) => this.ready.push(resolve));
      },
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }

  private push(result: Promise<IteratorResult<Partial<Note>>>): void {
    const waiting = this.ready.shift();
    if (waiting === undefined) this.given.push(result);
    else waiting(result);
  }
}

const notes = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ number: BigInt(from + n) }));

/** The messages that a session has got, those in chunks put together. */
function got(session: HandSession, callId = 1): Note[] {
  const payloads: Buffer[] = [];
  let chunks: Buffer[] | undefined;
  let compression = 0;
  for (const each of session.of(Message, callId)) {
    const bytes = each.payload === undefined ? undefined : Buffer.from(each.payload);
    if (chunks === undefined) compression = each.compression;
    if (chunks !== undefined || each.more) {
      chunks = [...(chunks ?? []), ...(bytes === undefined ? [] : [bytes])];
      if (each.more) continue;
      payloads.push(unpacked(Buffer.concat(chunks), compression));
      chunks = undefined;
    } else if (bytes !== undefined) payloads.push(unpacked(bytes, compression));
  }
  return payloads.map((payload) => Note.decode(payload));
}

const unpacked = (bytes: Buffer, compression: number) => (compression === 1 ? gunzipSync(bytes) : bytes);
const numbers = (session: HandSession, callId = 1) =>
  got(session, callId).map(({ number }) => Number(number));
const isEnd = ({ endStream }: Frame) => endStream;
const ended = (session: HandSession, callId = 1) => session.of(Message, callId).some(isEnd);
const refusal = () =>
  new HeliographError(Code.Unavailable, "not now", { reason: "PAUSED", notProcessed: true });

function answer(session: HandSession, number: number, callId = 1): void {
  session.send((writer) =>
    frame(writer, End, callId, () =>
      writer.bytesField(FrameField.payload, Note.encode(Note.create({ number: BigInt(number) })).finish()),
    ),
  );
}

function grant(session: HandSession, messages: number, bytes: number): void {
  session.send((writer) =>
    frame(writer, Credit, 1, () => {
      writer.number(FrameField.creditMessages, messages);
      writer.number(FrameField.creditBytes, bytes);
    }),
  );
}

describe("a stream of requests that its server refuses", () => {
  const open: AsyncDisposable[] = [];
  let connection: ClientConnection;
  let clock: FakeClock;

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
  });

  async function begin(options: Partial<ConnectOptions> = {}, ...sessions: readonly HandSessionOptions[]) {
    const network = memoryNetwork();
    const server = await HandServer.listen(network, ...sessions);
    clock = fakeClock();
    connection = connectTo([server.endpoint], {
      security: insecure(),
      logger: silent,
      network,
      clock,
      backoff: { jitter: 0 },
      ...options,
    });
    open.push(server, connection);
    return { server, client: createClient(connection, CallService) };
  }

  /** The session after the one that refused. */
  async function next(server: HandServer, index = 1): Promise<HandSession> {
    await clock.advanceAsync(1_000);
    return server.session(index);
  }

  /** With the session and the id that the call goes on with. */
  type Way = (server: HandServer, session: HandSession) => Promise<readonly [HandSession, number]>;

  const ways: readonly [string, Way][] = [
    [
      "by GOAWAY",
      async (server, session) => {
        session.goaway();
        return [await next(server), 1];
      },
    ],
    [
      "by END",
      async (_, session) => {
        session.refuse(1, refusal());
        session.readOn();
        await session.until((each) => each.of(FrameKind.Request, 2).length > 0);
        return [session, 2];
      },
    ],
  ];

  describe.each(ways)("%s", (_, refuse) => {
    test("before the first request goes on with all of them", async () => {
      const { server, client } = await begin();
      const requests = new Requests();
      const sum = client.sum(requests);
      const first = await server.session(0);
      await first.until((each) => each.of(FrameKind.Request).length > 0);
      const [second, id] = await refuse(server, first);
      requests.give(...notes(1, 5)).end();
      await second.until((each) => ended(each, id));
      answer(second, 15, id);
      expect((await sum).number).toBe(15n);
      expect([got(first), numbers(second, id)]).toEqual([[], [1, 2, 3, 4, 5]]);
      expect([requests.asked, requests.returned]).toEqual([6, 0]);
    });

    test("in the midst of it is sent from the first request on, before more is asked for", async () => {
      const { server, client } = await begin();
      const requests = new Requests(...notes(1, 3));
      const sum = client.sum(requests);
      const first = await server.session(0);
      await first.until((each) => got(each).length === 3);
      const [second, id] = await refuse(server, first);
      await second.until((each) => got(each, id).length === 3);
      expect(requests.asked).toBe(4);
      requests.give(...notes(4, 5)).end();
      await second.until((each) => ended(each, id));
      answer(second, 15, id);
      expect((await sum).number).toBe(15n);
      expect(numbers(second, id)).toEqual([1, 2, 3, 4, 5]);
      expect([requests.asked, requests.returned]).toEqual([6, 0]);
    });

    test("after its end is sent once more, with its end", async () => {
      const { server, client } = await begin();
      const requests = new Requests(...notes(1, 3)).end();
      const sum = client.sum(requests);
      const first = await server.session(0);
      await first.until(ended);
      const [second, id] = await refuse(server, first);
      await second.until((each) => ended(each, id));
      answer(second, 6, id);
      expect((await sum).number).toBe(6n);
      expect([numbers(second, id), second.of(Message, id).filter(isEnd).length]).toEqual([[1, 2, 3], 1]);
      expect([requests.asked, requests.returned]).toEqual([4, 0]);
    });

    test("has its large request sent from the start", async () => {
      const { server, client } = await begin({}, { reads: false });
      const data = Buffer.alloc(3_000_000, "large");
      const requests = new Requests({ number: 1n }, { number: 2n, data }).end();
      const sum = client.sum(requests);
      const first = await server.session(0);
      await first.until((each) => each.of(Message).length > 2);
      const [second, id] = await refuse(server, first);
      await second.until((each) => ended(each, id));
      answer(second, 3, id);
      expect((await sum).number).toBe(3n);
      expect(ended(first)).toBe(false);
      expect(numbers(second, id)).toEqual([1, 2]);
      expect(data.equals(got(second, id)[1]?.data ?? Buffer.alloc(0))).toBe(true);
    });
  });

  test("and of answers goes on with both", async () => {
    const { server, client } = await begin();
    const requests = new Requests(...notes(1, 2));
    const answers = client.chat(requests);
    const answered = answers.next();
    const first = await server.session(0);
    await first.until((each) => got(each).length === 2);
    first.goaway();
    const second = await next(server);
    await second.until((each) => got(each).length === 2);
    const [request] = second.of(FrameKind.Request);
    expect([request?.creditMessages, Number(request?.creditBytes)]).toEqual([256, 65_536]);
    second.send((writer) =>
      frame(writer, Message, 1, () =>
        writer.bytesField(FrameField.payload, Note.encode(Note.create()).finish()),
      ),
    );
    expect((await answered).done).toBe(false);
    requests.give({ number: 3n });
    await second.until((each) => got(each).length === 3);
    await answers.return();
    expect([requests.asked, requests.returned]).toEqual([4, 1]);
  });

  test("is sent with the bytes that it had, though its source has used their memory again", async () => {
    const { server, client } = await begin();
    const data = Buffer.alloc(4);
    const later = deferred();
    async function* reused() {
      for (const text of ["abcd", "efgh", "ijkl"]) {
        data.write(text);
        yield { data };
      }
      data.write("none");
      await later.promise;
    }
    const sum = client.sum(reused());
    const first = await server.session(0);
    await first.until((each) => got(each).length === 3);
    first.goaway();
    const second = await next(server);
    await second.until((each) => got(each).length === 3);
    later.resolve();
    await second.until(ended);
    answer(second, 0);
    await sum;
    expect(got(second).map((each) => Buffer.from(each.data).toString())).toEqual(["abcd", "efgh", "ijkl"]);
  });

  test.each([
    ["as it was, where that can be undone", ["gzip"], [1, 1]],
    ["plainly, where it can't", [], [0, 0]],
  ])("is sent %s, when it was compressed", async (_, features, compressions) => {
    const { server, client } = await begin({}, { features: ["gzip"] }, { features });
    const text = "well compressed ".repeat(500);
    const sum = client.sum(new Requests({ text }, { text }).end(), { compression: "gzip" });
    const first = await server.session(0);
    await first.until(ended);
    first.goaway();
    const second = await next(server);
    await second.until(ended);
    answer(second, 0);
    await sum;
    const sent = second.of(Message).filter((each) => each.payload !== undefined);
    expect(sent.map(({ compression }) => compression)).toEqual(compressions);
    expect(got(second).map((each) => each.text)).toEqual([text, text]);
  });

  test("keeps to the credit of the next one", async () => {
    const { server, client } = await begin({}, {}, { credit: { messages: 16, bytes: 65_536 } });
    const requests = new Requests(...notes(1, 40)).end();
    const sum = client.sum(requests);
    const first = await server.session(0);
    await first.until(ended);
    first.goaway();
    const second = await next(server);
    await second.until((each) => got(each).length === 16);
    await clock.advanceAsync(1_000);
    expect([got(second).length, ended(second)]).toEqual([16, false]);
    grant(second, 100, 1_000);
    await second.until(ended);
    answer(second, 0);
    await sum;
    expect(numbers(second)).toEqual(notes(1, 40).map(({ number }) => Number(number)));
    expect(requests.asked).toBe(41);
  });

  test("fails when its server has said something of it before", async () => {
    const { server, client } = await begin();
    const requests = new Requests(...notes(1, 3));
    const failed = failure(client.sum(requests));
    const first = await server.session(0);
    await first.until((each) => got(each).length === 3);
    grant(first, 3, 100);
    first.refuse(1, refusal());
    expect(await failed).toMatchObject({ code: Code.Unavailable, reason: "PAUSED", notProcessed: true });
    expect([requests.asked, requests.returned]).toEqual([4, 1]);
  });

  test.each([
    ["256 messages", 256, 4],
    ["as many bytes as a server of this kit grants", 5, 16_000],
  ])("is sent once more with %s, and fails with more than that", async (_, most, size) => {
    const credit = { messages: 1_000, bytes: 1_000_000 };
    const { server, client } = await begin({}, { credit }, { credit });
    const data = Buffer.alloc(size);
    const requests = new Requests(...notes(1, most).map((note) => ({ ...note, data })));
    const failed = failure(client.sum(requests));
    const first = await server.session(0);
    await first.until((each) => got(each).length === most);
    first.goaway();
    const second = await next(server);
    await second.until((each) => got(each).length === most);
    requests.give({});
    await second.until((each) => got(each).length === most + 1);
    second.goaway();
    expect(await failed).toMatchObject({ reason: "DRAINING", notProcessed: true });
    expect(requests.returned).toBe(1);
  });

  describe("and that waits for another server", () => {
    const requests = () => new Requests(...notes(1, 2));

    /** There is one that does not greet. */
    async function waiting(source: Requests, options: CallOptions = {}) {
      const { server, client } = await begin({ connectTimeoutMs: 100_000 }, {}, { mute: true });
      const failed = failure(client.sum(source, { waitForReady: true, ...options }));
      const first = await server.session(0);
      await first.until((each) => got(each).length === 2);
      first.goaway();
      await next(server);
      return { failed };
    }

    test("is cancelled, and surely was not processed", async () => {
      const source = requests();
      const controller = new AbortController();
      const { failed } = await waiting(source, { signal: controller.signal });
      controller.abort();
      expect(await failed).toMatchObject({ code: Code.Cancelled, notProcessed: true });
      expect([source.asked, source.returned]).toEqual([3, 1]);
    });

    test("ends at its deadline", async () => {
      const source = requests();
      const { failed } = await waiting(source, { timeoutMs: 5_000 });
      await clock.advanceAsync(4_100);
      expect(await failed).toMatchObject({ code: Code.DeadlineExceeded, notProcessed: true });
      expect([source.asked, source.returned]).toEqual([3, 1]);
    });

    test("ends at once when its source throws, which is not told to return", async () => {
      const source = requests();
      const { failed } = await waiting(source);
      source.fail(new Error("no more"));
      expect((await failed).message).toContain("no more");
      expect([source.asked, source.returned]).toEqual([3, 0]);
    });

    test("lets its source go when it was never sent at all", async () => {
      const { server, client } = await begin({}, { mute: true });
      const source = requests();
      const controller = new AbortController();
      const failed = failure(client.sum(source, { signal: controller.signal }));
      await server.session(0);
      controller.abort();
      expect(await failed).toMatchObject({ code: Code.Cancelled, notProcessed: true });
      expect([source.asked, source.returned]).toEqual([0, 1]);
    });

    test("ends with its connection, and lets its source go", async () => {
      const source = requests();
      const { failed } = await waiting(source);
      await connection.close();
      expect(await failed).toMatchObject({ code: Code.Cancelled, notProcessed: true });
      expect([source.asked, source.returned]).toEqual([3, 1]);
    });
  });
});

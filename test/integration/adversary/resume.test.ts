import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  type Handlers,
  HeliographError,
  insecure,
  serve,
} from "../../../src/index.js";
import { FrameField, FrameKind } from "../../../src/wire/frame.js";
import type { PacketWriter } from "../../../src/wire/packet-writer.js";
import { writeResume } from "../../../src/wire/resume.js";
import { Note } from "../../gen/heliograph/test/v1/call.js";
import { CallService } from "../../gen/heliograph/test/v1/call_heliograph.js";
import { Random } from "../../support/random.js";
import { frame, hello, packet, RawPeer } from "../../support/raw-peer.js";
import { until, within } from "../../support/within.js";

const SERVICE = CallService.$service;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

const note = (number: number, size = 0) =>
  Note.create({ number: BigInt(number), data: new Uint8Array(size).fill(number) });

async function start(handlers: Handlers<typeof CallService>) {
  const node = createNode({ name: "server", security: insecure(), logger: silent });
  open.push({ [Symbol.asyncDispose]: () => node.close({ graceMs: 0 }) });
  const served = await serve(node, CallService, handlers);
  return { served, endpoint: served.endpoints[0] ?? "" };
}

/** A way to the server of which each connection breaks after some number of bytes, wherever in a frame that is. */
async function brittle(endpoint: string, bytes: () => number) {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(Number(port), hostname);
    let left = bytes();
    const relay = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.setNoDelay();
      from.on("data", (chunk) => {
        to.write(chunk.subarray(0, Math.max(0, left)));
        left -= chunk.length;
        if (left <= 0) to.end(() => from.destroy());
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    relay(near, far);
    relay(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  };
}

describe("a link that breaks after some bytes, again and again", () => {
  test("loses and doubles no message of a resumable stream, and no effect of a call with a key", async () => {
    const random = new Random(11);
    const runs = { watch: 0, watchClosely: 0 };
    const effects = new Map<bigint, number>();
    const stream = (method: keyof typeof runs) =>
      async function* () {
        runs[method]++;
        for (let n = 1; n <= 150; n++) yield note(n, random.chance(0.1) ? 300_000 : 100);
      };
    const { endpoint, served } = await start({
      watch: stream("watch"),
      watchClosely: stream("watchClosely"),
      call: async (request) => {
        effects.set(request.number, (effects.get(request.number) ?? 0) + 1);
        await new Promise((resolve) => setImmediate(resolve));
        return request;
      },
    });
    const link = await brittle(endpoint, () => 20_000 + random.below(1_500_000));
    const connection = connectTo([link.endpoint], {
      security: insecure(),
      logger: silent,
      backoff: { initialMs: 1, maxMs: 20 },
    });
    open.push(connection);
    const client = createClient(connection, CallService);
    const read = async (method: keyof typeof runs) => {
      const got: number[] = [];
      for await (const { number, data } of client[method]({})) {
        got.push(Number(number));
        if (data.some((byte) => byte !== Number(number) % 256)) throw new Error(`message ${number} is torn`);
      }
      return got;
    };
    /** Makes it again until it is answered: more often than `retry` would, which has mercy on servers that fail. */
    const persist = async (n: number): Promise<Note> => {
      for (;;) {
        try {
          return await client.call(note(n, 50_000), { idempotencyKey: `${n}` });
        } catch (error) {
          if (HeliographError.from(error).code !== Code.Unavailable) throw error;
        }
      }
    };
    const calls = async () => {
      for (let n = 1; n <= 60; n++) expect((await persist(n)).number).toBe(BigInt(n));
    };
    const all = Promise.all([read("watch"), read("watchClosely"), calls()]);
    const [one, two] = await within(25_000, "the streams to end", all);
    const expected = Array.from({ length: 150 }, (_, n) => n + 1);
    expect([one, two]).toEqual([expected, expected]);
    expect(runs).toEqual({ watch: 1, watchClosely: 1 });
    expect([...effects.values()].every((times) => times === 1)).toBe(true);
    expect(effects.size).toBe(60);
    expect(link.connections()).toBeGreaterThan(5);
    expect(served.stats.streams.attached).toBe(0);
  });
});

/** One REQUEST, by hand. */
function request(
  writer: PacketWriter,
  callId: number,
  method: string,
  more: (writer: PacketWriter) => void = () => {},
): void {
  frame(writer, FrameKind.Request, callId, () => {
    writer.text(FrameField.method, `${SERVICE}/${method}`);
    writer.number(FrameField.codec, 1);
    writer.flag(FrameField.endStream);
    writer.number(FrameField.creditMessages, 100);
    writer.number(FrameField.creditBytes, 1_000_000);
    more(writer);
    writer.bytesField(FrameField.payload, Note.encode(Note.create({ number: 1n })).finish());
  });
}

function raw(endpoint: string): RawPeer {
  const peer = new RawPeer(endpoint);
  open.push({ [Symbol.asyncDispose]: async () => peer.close() });
  return peer;
}

/** Frames of calls until those with these ids have ended, as kind and call id. */
async function untilEnds(peer: RawPeer, ...ids: number[]): Promise<string[]> {
  const frames: string[] = [];
  while (!ids.every((id) => frames.includes(`end ${id}`))) {
    for (const { kind, callId } of await within(20_000, `ends of ${ids}, after ${frames}`, peer.receive()))
      if (callId > 0) frames.push(`${kind === FrameKind.End ? "end" : "message"} ${callId}`);
  }
  return frames;
}

describe("a client that keeps to no rule", () => {
  test("and reads no answers has no more of its keyed calls run than of others", async () => {
    const runs = { call: 0, look: 0 };
    const data = new Uint8Array(200_000);
    const answer = (method: keyof typeof runs) => () => {
      runs[method]++;
      return Note.create({ data });
    };
    const { endpoint } = await start({ call: answer("call"), look: answer("look") });
    const plain = raw(endpoint);
    const keyed = raw(endpoint);
    await plain.send(packet((writer) => hello(writer)));
    await keyed.send(packet((writer) => hello(writer)));
    for (let first = 1; first <= 1_000; first += 100) {
      const ids = Array.from({ length: 100 }, (_, n) => first + n);
      await plain.send(
        packet((writer) => {
          for (const id of ids) request(writer, id, "Call");
        }),
      );
      await keyed.send(
        packet((writer) => {
          for (const id of ids)
            request(writer, id, "Look", () => writer.text(FrameField.idempotencyKey, `${id % 500}`));
        }),
      );
    }
    // Somebody else is served meanwhile, and after all that.
    const connection = connectTo([endpoint], { security: insecure() });
    open.push(connection);
    const client = createClient(connection, CallService);
    await client.call({});
    await until(20_000, "calls to run", () => runs.call > 20 && runs.look > 0);
    expect(runs.call).toBeLessThan(200);
    expect(runs.look).toBeLessThan(200);
  });

  test("and names streams as it likes gets errors, and harms nobody", async () => {
    let runs = 0;
    const { endpoint, served } = await start({
      *watch() {
        runs++;
        for (let n = 1; n <= 3; n++) yield note(n);
      },
      call: (request) => request,
    });
    const peer = raw(endpoint);
    await peer.send(packet((writer) => hello(writer)));
    const ask = (id: number, streamId: string, next: number) =>
      peer.send(
        packet((writer) => request(writer, id, "Watch", () => writeResume(writer, { streamId, next }))),
      );
    // Nothing, too much, and what never was.
    await ask(1, "", 0);
    await ask(2, "x".repeat(257), 0);
    await ask(3, "unknown", 7);
    expect(await untilEnds(peer, 1, 2, 3)).toEqual(["end 1", "end 2", "end 3"]);
    expect(runs).toBe(0);
    await ask(4, "mine", 0);
    expect(await untilEnds(peer, 4)).toEqual(["message 4", "message 4", "message 4", "end 4"]);
    // The same one anew, then from where it never was.
    await ask(5, "mine", 0);
    await ask(6, "mine", 2);
    await ask(7, "mine", 5);
    const frames = await untilEnds(peer, 5, 6, 7);
    expect(frames.filter((each) => each === "message 6")).toHaveLength(2);
    expect(frames).not.toContain("message 7");
    expect(runs).toBe(1);
    // It says that it has what was never sent.
    await peer.send(
      packet((writer) => {
        request(writer, 8, "Watch", () => writeResume(writer, { streamId: "other", next: 0 }));
        frame(writer, FrameKind.Credit, 8, () => writer.number(FrameField.sequence, 9_999));
      }),
    );
    expect(await untilEnds(peer, 8)).toEqual(["message 8", "message 8", "message 8", "end 8"]);
    expect(served.stats.streams.attached).toBe(0);
  });
});

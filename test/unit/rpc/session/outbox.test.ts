import { describe, expect, test } from "vitest";
import { Outbox } from "../../../../src/rpc/session/outbox.js";
import type { Flushable, Turn } from "../../../../src/rpc/session/turn.js";
import { WriterPool } from "../../../../src/rpc/session/writer-pool.js";
import { FrameField, FrameKind } from "../../../../src/wire/frame.js";
import { initialLimits } from "../../../../src/wire/limits.js";
import { read } from "../../wire/packets.js";

const CHUNK = initialLimits.chunkBytes;

/** An outbox whose turns a test ends by hand, and what it sent. */
function outbox() {
  const sent: Buffer[][] = [];
  const transferred: number[] = [];
  const due: Flushable[] = [];
  const turn = { add: (flushable: Flushable) => due.push(flushable) } as unknown as Turn;
  const totals: [number, number] = [0, 0];
  const box = new Outbox({
    turn,
    writers: new WriterPool(),
    send: (parts) => {
      sent.push(parts);
      return sizeOf(parts);
    },
    readBytes: () => totals[0],
    readPackets: () => totals[1],
    drained: () => {},
    transferred: (callId) => transferred.push(callId),
  });
  const endTurn = () => {
    for (const flushable of due.splice(0)) flushable.flush();
  };
  const frame = (id: number, text = "") => {
    const writer = box.begin(FrameKind.Request, id);
    writer.text(FrameField.method, text);
    box.end(writer);
  };
  const large = (id: number, bytes: number) => {
    box.endWithPart(box.begin(FrameKind.Request, id), FrameKind.Request, id, Buffer.alloc(bytes, id));
  };
  /** What was sent since the last look: the ids of the frames of each message. */
  const seen = () => sent.splice(0).map((parts) => read(parts).frames.map(({ frame: { callId } }) => callId));
  /** The peer reads all that was sent so far. */
  let readBytes = 0;
  let readPackets = 0;
  const peerReads = () => {
    readBytes += box.window.unreadBytes;
    readPackets += box.window.unreadPackets;
    box.acknowledged(readBytes, readPackets);
    endTurn();
  };
  return { box, sent, transferred, due, totals, endTurn, frame, large, seen, peerReads };
}

const sizeOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0);

describe("the outbox", () => {
  test("gives a packet that had to wait for the window the totals of the moment when it leaves", () => {
    const { frame, sent, endTurn, totals, peerReads } = outbox();
    // More packets of 128 frames than the window takes; each is full before it can leave.
    for (let id = 1; id <= 128 * (initialLimits.windowPackets + 2); id++) frame(id);
    endTurn();
    expect(sent.length).toBe(initialLimits.windowPackets);
    totals[0] = 77;
    totals[1] = 7;
    sent.length = 0;
    peerReads();
    expect(sent.length).toBe(2);
    for (const parts of sent) expect(read(parts).totals).toEqual([77, 7]);
  });

  test("sends all frames of a turn in one packet, at the end of the turn, with this side's totals", () => {
    const { frame, sent, endTurn, totals, due } = outbox();
    frame(1);
    frame(2);
    expect([sent.length, due.length]).toEqual([0, 1]);
    totals[0] = 500;
    totals[1] = 5;
    endTurn();
    expect(sent).toHaveLength(1);
    const { frames, totals: told } = read(sent[0]!);
    expect(frames.map(({ frame: { callId } }) => callId)).toEqual([1, 2]);
    expect(told).toEqual([500, 5]);
  });

  test("sends nothing for a frame that was aborted, and large payloads go on beside it", () => {
    const { box, large, seen, endTurn, peerReads } = outbox();
    large(1, 5 * CHUNK);
    endTurn();
    seen();
    box.begin(FrameKind.Request, 2).abort();
    peerReads();
    expect(seen().flat()).toContain(1);
  });

  test("starts another packet when one is full, and keeps their order", () => {
    const { frame, seen, endTurn } = outbox();
    for (let id = 1; id <= 30; id++) frame(id, "x".repeat(10_000));
    endTurn();
    const packets = seen();
    expect(packets.length).toBeGreaterThan(1);
    expect(packets.flat()).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  test("sends while the peer's window is open, and the rest as the peer reads", () => {
    const { box, frame, seen, endTurn, peerReads } = outbox();
    for (let id = 1; id <= 400; id++) frame(id, "x".repeat(10_000));
    endTurn();
    const first = seen().flat().length;
    expect(first).toBeLessThan(400);
    expect(box.blocked).toBe(true);
    expect(box.window.unreadBytes).toBeLessThan(initialLimits.windowBytes + 200_000);
    frame(401);
    endTurn();
    expect(seen()).toEqual([]);
    const rest: number[] = [];
    for (let i = 0; i < 10; i++) {
      peerReads();
      rest.push(...seen().flat());
    }
    expect(rest.at(-1)).toBe(401);
    expect([first + rest.length, box.waitingBytes, box.blocked]).toEqual([401, 0, false]);
  });

  test("attaches a payload up to a chunk, and cuts a larger one", () => {
    const { large, sent, endTurn, peerReads } = outbox();
    large(1, CHUNK);
    endTurn();
    expect(sent[0]!.map(({ length }) => length)).toEqual([sent[0]![0]!.length, CHUNK]);
    peerReads();
    sent.length = 0;
    large(2, CHUNK + 1);
    endTurn();
    const frames = sent.flatMap((parts) => read(parts).frames);
    expect(
      frames.map(({ frame: { more, payloadSize }, payload }) => [more, payloadSize, payload?.length]),
    ).toEqual([
      [true, CHUNK + 1, undefined],
      [true, 0, CHUNK],
      [false, 0, 1],
    ]);
  });

  test("lets small frames go before chunks, which leave them half of the window", () => {
    const { box, large, frame, seen, endTurn, peerReads } = outbox();
    large(1, 20 * CHUNK);
    endTurn();
    seen();
    expect(box.window.unreadBytes).toBeLessThan(initialLimits.windowBytes);
    frame(2);
    endTurn();
    expect(seen()).toEqual([[2]]);
    frame(3);
    peerReads();
    expect(seen()[0]).toEqual([3]);
  });

  test("takes turns between at most four large payloads; a fifth waits for one of them", () => {
    const { large, seen, endTurn, peerReads } = outbox();
    for (let id = 1; id <= 5; id++) large(id, (id === 2 ? 2 : 6) * CHUNK);
    endTurn();
    const order = seen().slice(1).flat();
    for (let i = 0; i < 40; i++) {
      peerReads();
      order.push(...seen().flat());
    }
    expect(order.slice(0, 8)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    // Only once the second is through does the fifth begin.
    expect(order.indexOf(5)).toBeGreaterThan(order.lastIndexOf(2));
    expect([1, 2, 3, 4, 5].map((id) => order.filter((each) => each === id).length)).toEqual([6, 2, 6, 6, 6]);
  });

  test("stops sending a payload that was dropped", () => {
    const { box, large, seen, endTurn, peerReads } = outbox();
    large(1, 20 * CHUNK);
    large(2, 3 * CHUNK);
    endTurn();
    seen();
    box.dropTransfer(1);
    box.dropTransfer(99);
    for (let i = 0; i < 10; i++) peerReads();
    expect(
      seen()
        .flat()
        .every((id) => id === 2),
    ).toBe(true);
    expect(box.empty).toBe(true);
  });

  test("tells what was read in a packet of its own, which does not count, when nothing else is sent", () => {
    const { box, sent, endTurn, totals, frame } = outbox();
    totals[0] = 1_000;
    totals[1] = 10;
    box.oweTotals();
    endTurn();
    expect(read(sent[0]!).totals).toEqual([1_000, 10]);
    expect(read(sent[0]!).frames.map(({ frame: { kind, callId } }) => [kind, callId])).toEqual([
      [FrameKind.Credit, 0],
    ]);
    expect([box.window.unreadBytes, box.window.unreadPackets]).toEqual([0, 0]);
    sent.length = 0;
    box.oweTotals();
    frame(1);
    endTurn();
    expect(sent).toHaveLength(1);
  });

  test("sends what is outside of the window at once, though the window is closed", () => {
    const { box, frame, sent, seen, endTurn } = outbox();
    for (let id = 1; id <= 400; id++) frame(id, "x".repeat(10_000));
    endTurn();
    seen();
    const before = box.window.unreadPackets;
    box.sendNow((writer) => {
      writer.begin(FrameKind.Pong, 0);
      writer.end();
    });
    expect(read(sent[0]!).frames[0]!.frame.kind).toBe(FrameKind.Pong);
    expect(box.window.unreadPackets).toBe(before);
  });

  test("tells who asks when what was said so far has left: not before the window lets it, nor before its last chunk", () => {
    const { box, frame, large, transferred, endTurn, peerReads } = outbox();
    frame(1);
    box.whenSent(1);
    expect(transferred).toEqual([]);
    endTurn();
    expect(transferred).toEqual([1]);
    box.whenSent(1);
    expect(transferred).toEqual([1, 1]);
    // More than the window takes.
    for (let id = 2; id <= 400; id++) frame(id, "x".repeat(10_000));
    box.whenSent(400);
    large(401, 3 * CHUNK);
    box.whenSent(401);
    endTurn();
    expect(transferred).toEqual([1, 1]);
    for (let i = 0; i < 400 && !transferred.includes(400); i++) peerReads();
    expect([transferred, box.packetBytes]).toEqual([[1, 1, 400], 0]);
    for (let i = 0; i < 10 && !box.empty; i++) peerReads();
    expect(transferred).toEqual([1, 1, 400, 401]);
  });

  test("sends nothing any more once it is closed", () => {
    const { box, frame, large, sent, endTurn } = outbox();
    frame(1);
    large(2, 3 * CHUNK);
    box.close();
    endTurn();
    box.sendNow((writer) => {
      writer.begin(FrameKind.Pong, 0);
      writer.end();
    });
    expect([sent, box.waitingBytes]).toEqual([[], 0]);
  });
});

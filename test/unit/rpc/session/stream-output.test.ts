import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { Outbox } from "../../../../src/rpc/session/outbox.js";
import { StreamOutput } from "../../../../src/rpc/session/stream-output.js";
import type { Flushable, Turn } from "../../../../src/rpc/session/turn.js";
import { WriterPool } from "../../../../src/rpc/session/writer-pool.js";
import type { StreamSender } from "../../../../src/rpc/stream/stream-sender.js";
import { FrameKind } from "../../../../src/wire/frame.js";
import { initialLimits, PARALLEL_PAYLOADS } from "../../../../src/wire/limits.js";

const LARGE = Buffer.alloc(initialLimits.windowBytes);

/** The streams of a session whose turns a test ends by hand, and whose peer reads nothing. */
function output() {
  const due: Flushable[] = [];
  const box: Outbox = new Outbox({
    turn: { add: (flushable: Flushable) => due.push(flushable) } as unknown as Turn,
    writers: new WriterPool(),
    send: (parts) => parts.reduce((sum, { length }) => sum + length, 0),
    readBytes: () => 0,
    readPackets: () => 0,
    drained: () => streams.wake(),
    transferred: () => {},
  });
  const streams = new StreamOutput(box);
  const endTurn = () => {
    for (const flushable of due.splice(0)) flushable.flush();
  };
  const large = (id: number) =>
    box.endWithPart(box.begin(FrameKind.Message, id), FrameKind.Message, id, LARGE);
  /** As many large messages as may be under way. */
  const crowd = () => {
    for (let id = 1; id <= PARALLEL_PAYLOADS; id++) large(id);
    endTurn();
  };
  const woken: number[] = [];
  const sender = (id: number) => ({ wake: () => void woken.push(id) }) as unknown as StreamSender;
  return { box, streams, endTurn, crowd, woken, sender };
}

test("streams hold still while large messages take their turns, and go on when one of these is dropped", () => {
  const { box, streams, endTurn, crowd, woken, sender } = output();
  const one = sender(1);
  expect(streams.congested(one)).toBe(false);
  crowd();
  expect(streams.congested(one)).toBe(true);
  endTurn();
  expect(woken).toEqual([]);
  box.dropTransfer(2);
  endTurn();
  expect(woken).toEqual([1]);
  expect(streams.congested(one)).toBe(false);
});

test("streams go on among large answers, however many of these there are", () => {
  const { box, streams, endTurn, sender } = output();
  for (let id = 1; id <= 3 * PARALLEL_PAYLOADS; id++)
    box.endWithPart(box.begin(FrameKind.End, id), FrameKind.End, id, LARGE);
  endTurn();
  expect(streams.congested(sender(1))).toBe(false);
});

test("a stream that asks again and again while it holds still is woken once", () => {
  const { box, streams, endTurn, crowd, woken, sender } = output();
  crowd();
  const one = sender(1);
  for (let n = 0; n < 1_000; n++) streams.congested(one);
  streams.congested(sender(2));
  box.dropTransfer(1);
  endTurn();
  endTurn();
  expect(woken).toEqual([1, 2]);
});

test("of many streams that hold still some go on in each turn, in the order in which they came", () => {
  const { box, streams, endTurn, crowd, woken, sender } = output();
  crowd();
  const ids = Array.from({ length: 200 }, (_, id) => id);
  for (const id of ids) streams.congested(sender(id));
  box.dropTransfer(1);
  endTurn();
  expect(woken.length).toBeGreaterThan(0);
  expect(woken.length).toBeLessThan(200);
  for (let n = 0; n < 10; n++) endTurn();
  expect(woken).toEqual(ids);
});

test("nothing holds still, nor is woken, once its session is over", () => {
  const { streams, crowd, woken, sender } = output();
  crowd();
  streams.congested(sender(1));
  streams.close();
  streams.wake();
  expect([woken, streams.congested(sender(2))]).toEqual([[], false]);
});

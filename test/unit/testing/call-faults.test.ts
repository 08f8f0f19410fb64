import { describe, expect, test } from "vitest";
import { Frame } from "../../../src/gen/heliograph/wire/v1/wire.js";
import { type CallDirection, CallFaults, type Faulted } from "../../../src/testing/call-faults.js";
import { type FaultRates, noFaults } from "../../../src/testing/fault-options.js";
import { noFaultsYet } from "../../../src/testing/fault-stats.js";
import { openPacket, sealPacket } from "../../../src/testing/packet-frames.js";
import { seededRandom } from "../../../src/testing/random.js";
import { FrameKind } from "../../../src/wire/frame.js";

type Fields = Partial<Omit<Frame, "callId">> & { readonly id?: number };

/** A packet of these frames, with totals. */
function packetOf(...frames: Fields[]): Buffer[] {
  return sealPacket({
    frames: frames.map(({ id = 0, ...fields }) => ({
      frame: Frame.fromPartial({ ...fields, callId: BigInt(id) }),
      attachment: undefined,
    })),
    readBytes: 70n,
    readPackets: 7n,
  });
}

/** Its frames as `kind id`, and whether the window counts them no more. */
function seenIn({ parts, emptied }: Faulted) {
  const packet = openPacket(parts);
  expect([packet?.readBytes, packet?.readPackets]).toEqual([70n, 7n]);
  const frames = packet?.frames.map(({ frame }) => `${frame.kind} ${frame.callId}`);
  return emptied ? { emptied, frames } : frames;
}

function callFaults(rates: Partial<FaultRates> = {}) {
  const drops = { requests: 0, answers: 0 };
  const counts = noFaultsYet();
  const host = {
    rates: { ...noFaults, ...rates },
    counts,
    takeDrop: (direction: CallDirection) => drops[direction]-- > 0,
  };
  const calls = new CallFaults(host, { requests: seededRandom(1), answers: seededRandom(2) });
  return { calls, drops, counts };
}

const { Request, Message, End, Cancel, Credit, Ping, Pong, Goaway, Hello } = FrameKind;
const method = "a.B/C";

describe("a message of a stream that was dropped", () => {
  test("takes along what follows in its direction, but for the cancellation; other calls go on", () => {
    const { calls, drops, counts } = callFaults();
    calls.requests(
      packetOf({ kind: Hello }, { kind: Request, id: 1, method }, { kind: Request, id: 2, method }),
    );
    drops.requests = 1;
    expect(
      seenIn(
        calls.requests(
          packetOf(
            { kind: Message, id: 1 },
            { kind: Message, id: 2 },
            { kind: Credit, id: 1 },
            { kind: Message, id: 1, endStream: true },
            { kind: Cancel, id: 1 },
          ),
        ),
      ),
    ).toEqual(["7 2", "9 1"]);
    expect(seenIn(calls.answers(packetOf({ kind: Message, id: 1 })))).toEqual(["7 1"]);
    expect(counts.dropped).toEqual({ requests: 1, answers: 0 });
  });

  test("takes its own chunks along, and counts once", () => {
    const { calls, drops, counts } = callFaults();
    drops.answers = 1;
    const chunks = [{ more: true, payloadSize: 9n }, { more: true }, {}];
    const seen = chunks.map((chunk) => seenIn(calls.answers(packetOf({ kind: End, id: 3, ...chunk }))));
    expect(seen).toEqual(chunks.map(() => ({ emptied: true, frames: ["10 0"] })));
    expect(counts.dropped.answers).toBe(1);
    expect(seenIn(calls.answers(packetOf({ kind: End, id: 4 })))).toEqual(["8 4"]);
  });

  test("is never one of several chunks", () => {
    const { calls, drops } = callFaults();
    calls.requests(packetOf({ kind: Request, id: 1, method, more: true, payloadSize: 9n }));
    drops.requests = 1;
    expect(seenIn(calls.requests(packetOf({ kind: Request, id: 1 })))).toEqual(["6 1"]);
    expect(drops.requests).toBe(1);
  });
});

test("what concerns the session is never dropped", () => {
  const { calls } = callFaults({ drop: 1, duplicate: 1, reorder: 1 });
  const session = [{ kind: Hello }, { kind: Ping }, { kind: Pong }, { kind: Goaway }, { kind: Credit }];
  expect(seenIn(calls.requests(packetOf(...session)))).toEqual(["1 0", "4 0", "5 0", "3 0", "10 0"]);
});

test("what belongs to no session, or can't be read, passes as it is", () => {
  const { calls } = callFaults({ drop: 1, reorder: 1 });
  const enveloped = [Buffer.alloc(0), ...packetOf({ kind: Request, id: 1, method })];
  const odd = [[Buffer.from("a.B/C"), Buffer.from("request")], [Buffer.from([0x0a, 0xff])], [], enveloped];
  for (const parts of odd) expect(calls.requests(parts).parts).toBe(parts);
  const missing = packetOf({ kind: Request, id: 1, method, attached: true });
  expect(calls.requests(missing).parts).toBe(missing);
});

test("calls that change places keep ids that rise, and their later frames and answers find them", () => {
  const { calls, counts } = callFaults({ reorder: 1 });
  const requests = [1, 2, 3, 4, 5].map((id) => ({
    kind: Request,
    id,
    method,
    endStream: true,
    timeoutMs: id,
  }));
  const packet = openPacket(calls.requests(packetOf(...requests)).parts);
  const sent = packet?.frames.map(({ frame }) => [Number(frame.callId), frame.timeoutMs] as const) ?? [];
  expect(sent.map(([id]) => id)).toEqual([1, 2, 3, 4, 5]);
  expect(sent.some(([id, own]) => id !== own)).toBe(true);
  for (const [id, own] of sent) {
    expect(seenIn(calls.requests(packetOf({ kind: Cancel, id: own })))).toEqual([`9 ${id}`]);
    expect(seenIn(calls.answers(packetOf({ kind: End, id })))).toEqual([`8 ${own}`]);
  }
  expect(counts.reordered).toBe(1);
});

test("only requests that are whole and have one answer arrive twice", () => {
  const { calls } = callFaults({ duplicate: 1 });
  const { repeated } = calls.requests(
    packetOf(
      { kind: Request, id: 1, method, endStream: true },
      { kind: Request, id: 2, method, endStream: true, creditMessages: 16 },
      { kind: Request, id: 3, method },
      { kind: Request, id: 4, method, endStream: true, more: true, payloadSize: 9n },
    ),
  );
  expect(repeated.map(({ frame }) => frame.callId)).toEqual([1n]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Window } from "../../../../src/rpc/session/window.js";

test("the window is open below both limits, so bytes may be overdrawn by one packet", () => {
  const window = new Window(100, 3);
  window.sent(99);
  expect(window.open).toBe(true);
  window.sent(1_000);
  expect([window.open, window.unreadBytes, window.unreadPackets]).toEqual([false, 1_099, 2]);
  expect(window.read(1_000, 1)).toBe(true);
  expect(window.open).toBe(true);
  window.sent(0);
  window.sent(0);
  expect([window.open, window.unreadPackets]).toEqual([false, 3]);
});

test("chunks leave half of the window to everything else", () => {
  const window = new Window(100, 4);
  window.sent(50);
  expect([window.open, window.openForChunks]).toEqual([true, false]);
  window.read(50, 1);
  window.sent(1);
  window.sent(1);
  expect([window.open, window.openForChunks]).toEqual([true, false]);
});

test("totals never fall, and none above what was sent counts", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({ sent: fc.nat(1_000) }),
          fc.record({ bytes: fc.nat(5_000), packets: fc.nat(20) }),
        ),
      ),
      (steps) => {
        const window = new Window(1_000, 10);
        let sent = 0;
        let packets = 0;
        let read = 0;
        for (const step of steps) {
          if ("sent" in step) {
            window.sent(step.sent);
            sent += step.sent;
            packets++;
          } else {
            const before = window.unreadBytes + window.unreadPackets;
            const grown = window.read(step.bytes, step.packets);
            expect(grown).toBe(window.unreadBytes + window.unreadPackets < before);
            read = Math.max(read, Math.min(sent, step.bytes));
          }
          expect(window.unreadBytes).toBe(sent - read);
          expect(window.unreadPackets).toBeGreaterThanOrEqual(0);
          expect(window.unreadPackets).toBeLessThanOrEqual(packets);
        }
      },
    ),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { type HeapTimer, TimerHeap } from "../../../src/testing/timer-heap.js";

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("add" as const), due: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ do: fc.constant("remove" as const), which: fc.nat(1_000) }),
    fc.record({ do: fc.constant("take" as const) }),
  ),
  { maxLength: 200 },
);

test("a heap of timers gives the same order as a sorted list, whatever is added and removed in between", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new TimerHeap();
      const everSet: HeapTimer[] = [];
      let sorted: HeapTimer[] = [];
      const remove = (timer: HeapTimer | undefined) => {
        timer?.clear();
        sorted = sorted.filter((other) => other !== timer);
      };
      for (const step of all) {
        if (step.do === "add") {
          const timer = heap.add(step.due, () => {});
          everSet.push(timer);
          // A stable sort keeps the order of setting.
          sorted = [...sorted, timer].sort((a, b) => a.due - b.due);
        } else remove(step.do === "take" ? heap.first : everSet[step.which % (everSet.length || 1)]);
        expect(heap.size).toBe(sorted.length);
        expect(heap.first).toBe(sorted[0]);
      }
      while (heap.first !== undefined) {
        expect(heap.first).toBe(sorted[0]);
        remove(heap.first);
      }
      expect(sorted).toEqual([]);
    }),
  );
});

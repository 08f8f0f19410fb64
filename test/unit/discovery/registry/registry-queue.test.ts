import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, DueQueue } from "../../../../src/discovery/registry/registry-queue.js";

interface Entry extends Due {
  readonly name: number;
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("set" as const),
      name: fc.nat(20),
      at: fc.oneof(fc.nat(30), fc.constant(Infinity)),
    }),
    fc.record({ kind: fc.constant("remove" as const), name: fc.nat(20) }),
    fc.record({ kind: fc.constant("take" as const) }),
  ),
  { maxLength: 80 },
);

test("the first of a queue is always one that is due first, whatever came, went and was moved", () => {
  fc.assert(
    fc.property(steps, (happening) => {
      const queue = new DueQueue<Entry>();
      const entries = new Map<number, Entry>();
      const model = new Map<number, number>();
      for (const step of happening) {
        if (step.kind === "take") {
          const { first } = queue;
          expect(first?.dueAt).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
          if (first !== undefined) {
            queue.remove(first);
            model.delete(first.name);
          }
        } else {
          const entry = entries.get(step.name) ?? { name: step.name, dueAt: 0, place: -1 };
          entries.set(step.name, entry);
          if (step.kind === "set") {
            queue.set(entry, step.at);
            model.set(step.name, step.at);
          } else {
            queue.remove(entry);
            model.delete(step.name);
          }
          expect(entry.place >= 0).toBe(model.has(step.name));
        }
        expect(queue.size).toBe(model.size);
        expect(queue.first?.dueAt).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
      }
    }),
  );
});

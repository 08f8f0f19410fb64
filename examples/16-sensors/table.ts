import type { Delivery } from "heliograph";
import type { SensorValue } from "../gen/example/v1/sensor.js";

const KEPT_NOTES = 6;

/** The latest of each subject, and what was said last. */
export class Table {
  readonly #latest = new Map<string, Delivery<SensorValue>>();
  readonly notes: string[] = [];

  take(delivery: Delivery<SensorValue>): void {
    this.#latest.set(delivery.subject, delivery);
  }

  note(text: string): void {
    this.notes.push(text);
    if (this.notes.length > KEPT_NOTES) this.notes.shift();
  }

  get lines(): string[] {
    const rows = [...this.#latest.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
    return [
      `${"subject".padEnd(18)} ${"value".padStart(10)}         ${"number".padStart(7)}  publisher`,
      ...rows.map(rowOf),
    ];
  }
}

function rowOf({ subject, message: { value, unit }, sequence, publisher }: Delivery<SensorValue>): string {
  const figure = `${value.toFixed(1).padStart(10)} ${unit.padEnd(7)}`;
  return `${subject.padEnd(18)} ${figure} ${String(sequence).padStart(7)}  ${publisher.node}`;
}

import type { Reading } from "../../../examples/gen/example/v1/robot.js";
import type { Delivery } from "../../../src/index.js";

/** What one subscription has had of one subject of one publisher. */
export interface Line {
  /** Of the first delivery, less what was missed before it. */
  first: number;
  last: number;
  delivered: number;
  missed: number;
  /** Deliveries from before the subscription. */
  history: number;
}

/**
 * Holds deliveries to what is promised: of each subject and publisher they come in order and once, `missed` says exactly
 * what is not there, and each is the one that was published under its sequence, which its publisher writes into it.
 */
export class SequenceCheck {
  readonly lines = new Map<string, Line>();
  readonly faults: string[] = [];

  add({ message, subject, publisher, sequence, missed, history }: Delivery<Reading>): void {
    const name = `${publisher.instance} ${subject}`;
    const line = this.lines.get(name);
    const told = `${name}: ${sequence} (missed ${missed}${history ? ", history" : ""})`;
    if (message.celsius !== sequence || message.room !== subject)
      this.faults.push(`${told} is ${message.room} ${message.celsius}`);
    if (line === undefined) {
      this.lines.set(name, {
        first: sequence - missed,
        last: sequence,
        delivered: 1,
        missed,
        history: Number(history),
      });
      return;
    }
    if (sequence <= line.last) this.faults.push(`${told} comes after ${line.last}`);
    else if (sequence !== line.last + missed + 1) this.faults.push(`${told} does not follow ${line.last}`);
    line.last = Math.max(line.last, sequence);
    line.delivered++;
    line.missed += missed;
    if (history) line.history++;
  }
}

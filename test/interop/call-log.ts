import type { HandlerContext } from "../../src/index.js";
import { type AwaitCallsRequest, CallReport } from "../gen/heliograph/test/interop/v1/control.js";
import { CALL_KEY, HOLD_KEY } from "./data.js";

/** A handler that runs, as the log knows it. */
export interface LoggedCall {
  /** One message more was read or made. */
  count(): void;
  /** Waits while the caller wants the call to hold here; rejects when the call's signal fires meanwhile. */
  held(): Promise<void>;
  /** The handler has come to its end. */
  end(): void;
}

interface Group {
  readonly report: CallReport;
  running: number;
  released: boolean;
  /** Looked at after every change; each says whether it is done. */
  readonly waiting: Set<() => boolean>;
}

/** What a server knows of its calls, by the name that the caller gave them: the part behind ControlService. */
export class CallLog {
  private readonly groups = new Map<string, Group>();

  begin(ctx: HandlerContext): LoggedCall {
    const group = this.group(ctx.requestMetadata.text(CALL_KEY) ?? "");
    const holdAfter = Number(ctx.requestMetadata.text(HOLD_KEY) ?? Number.POSITIVE_INFINITY);
    const { report } = group;
    let messages = 0;
    report.started++;
    group.running++;
    report.mostRunning = Math.max(report.mostRunning, group.running);
    changed(group);
    return {
      count: () => {
        messages++;
        report.messages++;
        changed(group);
      },
      held: async () => {
        if (messages >= holdAfter) await waitFor(group, () => group.released, ctx.signal);
      },
      end: () => {
        group.running--;
        report.ended++;
        if (ctx.signal.aborted) report.aborted++;
        changed(group);
      },
    };
  }

  /** As soon as the calls of this name have come so far; rejects when the signal fires before. */
  async reached(wanted: AwaitCallsRequest, signal: AbortSignal): Promise<CallReport> {
    const group = this.group(wanted.call);
    const { report } = group;
    const holds = () =>
      report.started >= wanted.started && report.messages >= wanted.messages && report.ended >= wanted.ended;
    await waitFor(group, holds, signal);
    return CallReport.create(report);
  }

  release(name: string): void {
    const group = this.group(name);
    group.released = true;
    changed(group);
  }

  private group(name: string): Group {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = { report: CallReport.create(), running: 0, released: false, waiting: new Set() };
      this.groups.set(name, group);
    }
    return group;
  }
}

function changed(group: Group): void {
  for (const look of [...group.waiting]) if (look()) group.waiting.delete(look);
}

async function waitFor(group: Group, holds: () => boolean, signal: AbortSignal): Promise<void> {
  if (holds()) return;
  signal.throwIfAborted();
  let abort = () => {};
  let look = () => false;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason);
      look = () => {
        if (holds()) resolve();
        return holds();
      };
      signal.addEventListener("abort", abort);
      group.waiting.add(look);
    });
  } finally {
    signal.removeEventListener("abort", abort);
    group.waiting.delete(look);
  }
}

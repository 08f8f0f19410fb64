import { type InstanceInfo, instanceKey } from "../../naming/instance.js";
import type { GoneInstance, HeardInstance, SourceView } from "./merge-instances.js";

/** What one source has told of one service, and when. Pure: the time comes in from outside. */
export class DirectorySource implements SourceView {
  instances: ReadonlyMap<string, HeardInstance> = new Map();
  readonly gone = new Map<string, GoneInstance>();
  lostAt: number | undefined;
  /** It has told something at least once. */
  answered = false;

  /** It tells these, and no others. */
  told(list: readonly InstanceInfo[], now: number): void {
    const before = this.instances;
    const instances = new Map<string, HeardInstance>();
    for (const info of list) {
      const key = instanceKey(info);
      const known = before.get(key);
      const heardAt = known !== undefined && sameLoad(known.info, info) ? known.heardAt : now;
      instances.set(key, { info, heardAt });
      this.gone.delete(key);
    }
    for (const [key, { info }] of before)
      if (!instances.has(key)) this.gone.set(key, { epoch: info.epoch, at: now });
    this.instances = instances;
    this.answered = true;
    this.lostAt = undefined;
  }

  lost(now: number): void {
    this.lostAt ??= now;
  }

  /** That an instance is gone matters only against the word of a source that is lost. */
  forget(lost: readonly SourceView[]): void {
    for (const key of this.gone.keys())
      if (!lost.some(({ instances }) => instances.has(key))) this.gone.delete(key);
  }
}

function sameLoad({ load: a }: InstanceInfo, { load: b }: InstanceInfo): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.loopLagMs === b.loopLagMs &&
    a.loopUtilization === b.loopUtilization &&
    a.callsInFlight === b.callsInFlight &&
    a.memoryBytes === b.memoryBytes
  );
}

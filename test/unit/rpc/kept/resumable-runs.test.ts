import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import {
  MAX_AWAY_BYTES,
  ResumableRuns,
  runKey,
  type StreamRun,
} from "../../../../src/rpc/kept/resumable-runs.js";
import { StreamLog } from "../../../../src/rpc/kept/stream-log.js";

/** Runs that only keep their logs; `expired` are those that were given up, in order. */
function setup() {
  const runs = new ResumableRuns();
  const expired: string[] = [];
  const open = (key: string, bytes = 0) => {
    const log = new StreamLog();
    if (bytes > 0) log.append(Buffer.alloc(bytes));
    const run: StreamRun = {
      log,
      outcome: undefined,
      call: { compression: "none", responseMetadata: undefined, trailers: undefined },
      attach() {},
      detach() {},
      acknowledge() {},
      cancel() {},
      release: () => runs.delete(key),
      expire: () => {
        expired.push(key);
        runs.giveUp(key);
      },
    };
    runs.add(key, run);
    return run;
  };
  return { runs, expired, open };
}

describe("resumable streams of a service", () => {
  test("are counted: attached, away, and what those that are away keep", () => {
    const { runs, open } = setup();
    open("a", 10);
    open("b", 20);
    expect(runs.stats).toEqual({ attached: 2, away: 0, awayBytes: 0 });
    runs.detached("a");
    runs.detached("a");
    expect(runs.stats).toEqual({ attached: 1, away: 1, awayBytes: 10 });
    runs.get("a")?.log.append(Buffer.alloc(5));
    runs.logged("a", 5);
    runs.logged("b", 5);
    expect(runs.stats).toEqual({ attached: 1, away: 1, awayBytes: 15 });
    runs.attached("a");
    expect(runs.stats).toEqual({ attached: 2, away: 0, awayBytes: 0 });
    runs.detached("b");
    runs.delete("b");
    runs.delete("b");
    runs.detached("b");
    expect(runs.stats).toEqual({ attached: 1, away: 0, awayBytes: 0 });
  });

  test("of which more than 1,024 are away lose the one that is away for longest", () => {
    const { runs, open, expired } = setup();
    for (let n = 0; n < 1_030; n++) open(`${n}`);
    for (let n = 0; n < 1_030; n++) if (n !== 2) runs.detached(`${n}`);
    expect(expired).toEqual(["0", "1", "3", "4", "5"]);
    expect(runs.stats).toEqual({ attached: 1, away: 1_024, awayBytes: 0 });
  });

  test("that keep too much while they are away lose the oldest, and a stream that is alone too much goes itself", () => {
    const { runs, open, expired } = setup();
    for (const key of ["a", "b", "c"]) {
      open(key, MAX_AWAY_BYTES / 4);
      runs.detached(key);
    }
    expect(expired).toEqual([]);
    runs.get("c")?.log.append(Buffer.alloc(MAX_AWAY_BYTES / 2));
    runs.logged("c", MAX_AWAY_BYTES / 2);
    expect(expired).toEqual(["a"]);
    runs.get("c")?.log.append(Buffer.alloc(MAX_AWAY_BYTES / 2));
    runs.logged("c", MAX_AWAY_BYTES / 2);
    expect(expired).toEqual(["a", "b", "c"]);
    expect(runs.stats).toEqual({ attached: 0, away: 0, awayBytes: 0 });
  });

  test("that were given up are remembered, up to a number; those that ended as they should are not", () => {
    const { runs, open } = setup();
    open("ended");
    runs.delete("ended");
    expect(runs.wasGivenUp("ended")).toBe(false);
    for (let n = 0; n < 5_000; n++) {
      open(`${n}`);
      runs.giveUp(`${n}`);
    }
    expect([runs.wasGivenUp("4999"), runs.wasGivenUp("904"), runs.wasGivenUp("903")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("have names that can't be mistaken for each other", () => {
    const names = [
      ["a", "b", "c"],
      ["ab", "", "c"],
      ["a", "bc", ""],
      ["", "abc", ""],
      ["1,1", "a", "b"],
    ] as const;
    expect(new Set(names.map(([who, path, id]) => runKey(who, path, id))).size).toBe(names.length);
  });
});

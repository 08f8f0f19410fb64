/**
 * Clients in a process of their own, each of which connects anew for each call. Told `endpoint` they begin, told `stop`
 * they make a few more calls, and report what became of all: how many were answered, how many surely did not run, and the
 * errors of those of which that can't be known.
 */
import { connectTo, createClient, HeliographError, insecure } from "../../src/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

const CLIENTS = 12;
const CALLS_AFTER = 3;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

class Newcomers {
  answered = 0;
  refused = 0;
  readonly lost: string[] = [];
  readonly done: Promise<unknown>;
  stopped = false;

  constructor(endpoint: string) {
    this.done = Promise.all(Array.from({ length: CLIENTS }, () => this.go(endpoint)));
  }

  private async go(endpoint: string): Promise<void> {
    for (let left = CALLS_AFTER; left > 0; left -= this.stopped ? 1 : 0) {
      await using connection = connectTo([endpoint], {
        security: insecure(),
        logger: silent,
        connectTimeoutMs: 500,
      });
      try {
        await createClient(connection, CallService).call({});
        this.answered++;
      } catch (error) {
        if (error instanceof HeliographError && error.notProcessed) this.refused++;
        else this.lost.push(String(error));
      }
    }
  }
}

let newcomers: Newcomers | undefined;
process.on("message", async ({ kind, endpoint }: { kind: string; endpoint?: string }) => {
  if (kind === "endpoint" && endpoint !== undefined) newcomers = new Newcomers(endpoint);
  if (kind !== "stop" || newcomers === undefined) return;
  newcomers.stopped = true;
  await newcomers.done;
  const { answered, refused, lost } = newcomers;
  process.send?.({ kind: "stop", served: answered, cancelled: refused, faults: lost });
});
// Without a channel to its test it would outlive it.
process.on("disconnect", () => process.exit());
process.send?.({ kind: "ready" });

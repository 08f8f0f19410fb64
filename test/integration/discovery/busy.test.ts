import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { createClient } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { scaled } from "../../support/soak.js";
import { until } from "../../support/within.js";
import { InstanceLog } from "./instance-log.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { failuresOf, SteadyCalls } from "./steady-calls.js";

/** For each core that there is. */
const BUSY_PROCESSES = 2;
/** A loop that is hardly ever free. */
const PIECE_MS = 300;
const FOR_MS = scaled(5_000, 600_000);

/** A process that takes all of a core that it can get. */
function busyProcess(): AsyncDisposable {
  const child = spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" });
  const gone = once(child, "exit");
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

test(
  "on a machine without a moment to spare, nobody is taken for dead and no call fails",
  async () => {
    await using scene = new Scene();
    const { endpoint } = await scene.registry();
    const registries = [endpoint];
    const [grinding, other] = await Promise.all([
      scene.server("grinding", registries),
      scene.server("other", registries),
    ]);
    const caller = scene.node("caller", registries);
    const client = createClient(caller, EchoService);
    const log = new InstanceLog(caller);
    const load = new SteadyCalls(50, async () => (await client.echo({}, { timeoutMs: 60_000 })).text);
    await until(
      10_000,
      "both to be called",
      () => load.answeredBy("grinding") > 5 && load.answeredBy("other") > 5,
    );
    await grinding.server.tell.grind({ pieceMs: PIECE_MS, forMs: FOR_MS });
    for (let n = 0; n < BUSY_PROCESSES * availableParallelism(); n++) scene.own(busyProcess());
    await pass(FOR_MS);
    const tally = await load.stop();
    const kinds = [grinding, other].map(({ instance }) => log.kinds(instance).slice(1));
    console.info(
      `busy for ${FOR_MS} ms: ${tally.answered} calls, ${tally.failed.length} failed, slowest ${tally.slowestMs} ms; ` +
        `one whose loop is busy in pieces of ${PIECE_MS} ms was ${kinds[0]?.join(", ") || "always alive"}, ` +
        `one that is idle ${kinds[1]?.join(", ") || "always alive"}`,
    );
    expect(kinds.flat()).not.toContain("down");
    expect(failuresOf(tally)).toEqual({});
  },
  FOR_MS + 60_000,
);

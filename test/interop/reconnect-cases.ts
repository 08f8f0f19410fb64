import assert from "node:assert/strict";
import { Code } from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import type { InteropCase } from "./case.js";
import { checkFails } from "./checks.js";
import { DialLog } from "./dial-log.js";

/** Each wait doubles, up to the longest. */
const BACKOFF = { initialMs: 200, factor: 2, maxMs: 1_000, jitter: 0 };
const WAITS_MS = [200, 400, 800, 1_000, 1_000];

/** Of the list that the authors of gRPC's cases left to do. */
export const reconnectCases: readonly InteropCase[] = [
  {
    name: "reconnect",
    async run({ start, connect }) {
      const first = await start({ id: "first" });
      const { test } = connect([first.endpoint], { backoff: { initialMs: 10, maxMs: 50 } });
      assert.equal((await test.unaryCall({ fillServerId: true })).serverId, "first");
      await first.close();
      await checkFails(test.emptyCall({}), Code.Unavailable);
      const patient = test.unaryCall({ fillServerId: true }, { waitForReady: true });
      await start({ id: "second", endpoint: first.endpoint });
      assert.equal((await patient).serverId, "second");
    },
  },
  {
    name: "reconnect_backoff",
    async run({ sockets, start, connect }) {
      const clock = fakeClock();
      const log = new DialLog(sockets);
      const server = await start();
      const { test } = connect([server.endpoint], { clock, network: log.sockets, backoff: BACKOFF });
      await test.emptyCall({});
      // A server that has been there for a while is looked for at once when it goes.
      clock.advance(BACKOFF.initialMs);
      await server.close();
      await log.over(2);
      for (const [i, waitMs] of WAITS_MS.entries()) {
        clock.advance(waitMs - 1);
        assert.equal(log.dials, i + 2);
        clock.advance(1);
        assert.equal(log.dials, i + 3);
        await log.over(i + 3);
      }
      await start({ endpoint: server.endpoint });
      clock.advance(BACKOFF.maxMs);
      await test.emptyCall({});
      assert.equal(log.dials, WAITS_MS.length + 3);
    },
  },
];

import assert from "node:assert/strict";
import { type CallOptions, Code } from "../../src/index.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, zeros } from "./checks.js";
import type { InteropClient } from "./context.js";
import { LARGE_REQUEST, LARGE_RESPONSE, PICK_FIRST_CALLS, USER_KEY } from "./data.js";

/** The call that most cases are about: 271,828 zero bytes there, 314,159 back. */
export async function callLarge(test: InteropClient["test"], options?: CallOptions): Promise<void> {
  const request = { responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
  const { payload } = await test.unaryCall(request, options);
  checkZeros(payload, LARGE_RESPONSE);
}

export const unaryCases: readonly InteropCase[] = [
  {
    name: "empty_unary",
    async run({ pair }) {
      const { test } = await pair();
      assert.deepEqual(await test.emptyCall({}), {});
    },
  },
  {
    name: "large_unary",
    async run({ pair }) {
      const { test } = await pair();
      await callLarge(test);
    },
  },
  {
    name: "unimplemented_method",
    async run({ pair }) {
      const { test } = await pair();
      await checkFails(test.unimplementedCall({}), Code.Unimplemented);
    },
  },
  {
    name: "unimplemented_service",
    async run({ pair }) {
      const { unimplemented } = await pair();
      await checkFails(unimplemented.unimplementedCall({}), Code.Unimplemented);
    },
  },
  {
    // Of gRPC's per-channel credentials: the server echoes who the connection says it is.
    name: "channel_identity",
    async run({ pair }) {
      const { test } = await pair({}, { name: "ada" });
      assert.equal((await test.unaryCall({ fillUsername: true })).username, "ada");
    },
  },
  {
    // Of per_rpc_creds: what one call says of itself counts for that call alone.
    name: "per_call_identity",
    async run({ pair }) {
      const { test } = await pair({}, { name: "ada" });
      const metadata = { [USER_KEY]: "grace" };
      const answers = await Promise.all([
        test.unaryCall({ fillUsername: true }, { metadata }),
        test.unaryCall({ fillUsername: true }),
      ]);
      assert.deepEqual(
        answers.map(({ username }) => username),
        ["grace", "ada"],
      );
    },
  },
  {
    name: "pick_first_unary",
    async run({ start, connect }) {
      const servers = await Promise.all(["a", "b", "c"].map((id) => start({ id })));
      const { test } = connect(servers.map(({ endpoint }) => endpoint));
      const ids = new Set<string>();
      for (let i = 0; i < PICK_FIRST_CALLS; i++) {
        ids.add((await test.unaryCall({ fillServerId: true })).serverId);
      }
      assert.deepEqual([...ids], ["a"]);
    },
  },
];

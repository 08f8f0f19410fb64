/** A process of its own for notify-process.test.ts: makes one-way calls to the given endpoint, and is gone. */
import { connectTo, insecure, notify } from "../../src/index.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

const [endpoint = "", count = "1"] = process.argv.slice(2);
const connection = connectTo([endpoint], { security: insecure() });
for (let number = 1n; number <= BigInt(count); number++) {
  await notify(connection, CallService.call, { number });
}
await connection.close();

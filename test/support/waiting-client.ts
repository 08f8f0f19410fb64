/** Makes one call that waits for a server; prints how it ended. Nothing but the call keeps the process alive. */
import { connectTo, createClient, HeliographError, insecure } from "../../src/index.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";

const [endpoint = "", timeoutMs] = process.argv.slice(2);
await using connection = connectTo([endpoint], { security: insecure() });
try {
  await createClient(connection, EchoService).echo({}, { waitForReady: true, timeoutMs: Number(timeoutMs) });
  console.log("answered");
} catch (error) {
  console.log(HeliographError.from(error).reason);
}

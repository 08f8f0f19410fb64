/**
 * A client in a process of its own. Makes `calls` calls that the server never answers; or, with `answerBytes`, asks
 * for so many answers of that size. Reports `ready` once they are on their way.
 */
import { echoClient } from "./echo-client.js";

export interface EchoCallerOptions {
  readonly endpoint: string;
  readonly calls: number;
  readonly answerBytes?: number;
}

const { endpoint, calls, answerBytes = 0 } = JSON.parse(process.argv[2] ?? "{}") as EchoCallerOptions;
const { client } = echoClient(endpoint);

await client.echo({ text: "first" });
for (let i = 0; i < calls; i++) {
  client.echo({ text: answerBytes > 0 ? "" : "never", answerBytes }, { timeoutMs: 60_000 }).catch(() => {});
}
process.send?.({ kind: "ready" });
// Without a channel to its test it would outlive it.
process.on("disconnect", () => process.exit());

import { type Client, Code, HeliographError } from "heliograph";
import type { GreeterService } from "../gen/example/v1/greeter_heliograph.js";

/** What is to be tested: it calls a service, and gets along without it. */
export async function welcome(greeter: Client<typeof GreeterService>, name: string): Promise<string> {
  try {
    return (await greeter.greet({ name }, { timeoutMs: 100 })).text;
  } catch (thrown) {
    const { code } = HeliographError.from(thrown);
    return code === Code.DeadlineExceeded ? "Welcome, and excuse the wait!" : "Welcome!";
  }
}

/** Counts for itself from where it has lost the counter. */
export async function countTo(greeter: Client<typeof GreeterService>, to: number): Promise<number[]> {
  const seen: number[] = [];
  try {
    for await (const { n } of greeter.count({ to })) seen.push(n);
  } catch {
    while (seen.length < to) seen.push(seen.length + 1);
  }
  return seen;
}

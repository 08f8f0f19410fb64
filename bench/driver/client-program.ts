import { answer, fail, orders } from "./lines.js";
import { type Caller, measureP50, measureRate } from "./load.js";
import type { RunOrder } from "./protocol.js";

/** What a contender's client program opens: a caller, and how to let go of it. */
export interface OpenCaller<Request, Response> extends Caller<Request, Response> {
  close(): unknown;
}

/**
 * Runs a contender's client program: connects to the endpoint that is its last argument, makes one call,
 * then does as the runner orders until its standard input ends. Any failure ends it with status 1.
 */
export async function clientProgram<Request, Response>(
  open: (endpoint: string) => Promise<OpenCaller<Request, Response>>,
): Promise<void> {
  const endpoint = process.argv.at(-1)!;
  try {
    const caller = await open(endpoint);
    await caller.call(caller.request(0));
    answer({ ready: true });
    for await (const order of orders()) {
      const { run } = order as RunOrder;
      answer(
        run.case === "unary-serial"
          ? await measureP50(caller, run.seconds)
          : await measureRate(caller, run.inFlight, run.seconds),
      );
    }
    await caller.close();
  } catch (error) {
    fail(error);
  }
}

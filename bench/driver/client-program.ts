import { type Caller, measureP50, measureRate } from "./load.js";
import { roundsProgram } from "./rounds-program.js";

/** What a contender's client program opens: a caller, and how to let go of it. */
export interface OpenCaller<Request, Response> extends Caller<Request, Response> {
  close(): unknown;
}

/** Runs a client program that makes calls, after a first one; or that sends messages which are answered one by one. */
export async function clientProgram<Request, Response>(
  open: (endpoint: string) => Promise<OpenCaller<Request, Response>>,
): Promise<void> {
  await roundsProgram(async (endpoint) => {
    const caller = await open(endpoint);
    await caller.call(caller.request(0));
    return {
      round: ({ case: name, inFlight, seconds }) =>
        name.endsWith("-serial") ? measureP50(caller, seconds) : measureRate(caller, inFlight, seconds),
      close: () => caller.close(),
    };
  });
}

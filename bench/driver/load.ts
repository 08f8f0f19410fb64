import type { RoundResult } from "./protocol.js";

/** How a contender is called: what a user of its stub would write, and how an answer is checked. */
export interface Caller<Request, Response> {
  request(sequence: number): Request;
  call(request: Request): Promise<Response>;
  matches(request: Request, response: Response): boolean;
}

/** The clock is read once in so many calls, so that reading it does not count. */
const callsPerLook = 16;

/**
 * Keeps `inFlight` calls under way: as many loops, each awaiting one call after the other. The time begins when as many
 * calls were answered, so that filling the pipeline does not count; after `seconds` no call is begun any more, those
 * under way are waited for, and the time ends with the last one.
 * Rejects with the first call that fails, or that is answered with anything but its request.
 */
export async function measureRate<Request, Response>(
  caller: Caller<Request, Response>,
  inFlight: number,
  seconds: number,
): Promise<RoundResult> {
  let answered = 0;
  let sequence = 0;
  let began = 0;
  let over = false;

  const loop = async () => {
    while (!over) {
      sequence = (sequence + 1) >>> 0;
      const request = caller.request(sequence);
      const response = await caller.call(request);
      if (!caller.matches(request, response)) throw wrongAnswer(request, response);
      answered++;
      if (answered === inFlight) began = performance.now();
      else if (began > 0 && answered % callsPerLook === 0) over = performance.now() - began >= seconds * 1000;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const calls = answered - inFlight;
  return { callsPerSecond: (calls * 1000) / (performance.now() - began), calls };
}

/** Calls one after the other for `seconds`, and gives the median of their times. Rejects as `measureRate` does. */
export async function measureP50<Request, Response>(
  caller: Caller<Request, Response>,
  seconds: number,
): Promise<RoundResult> {
  const nanoseconds: number[] = [];
  const end = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
  let now = process.hrtime.bigint();
  for (let sequence = 1; now < end; sequence++) {
    const request = caller.request(sequence);
    const began = process.hrtime.bigint();
    const response = await caller.call(request);
    now = process.hrtime.bigint();
    if (!caller.matches(request, response)) throw wrongAnswer(request, response);
    nanoseconds.push(Number(now - began));
  }
  nanoseconds.sort((a, b) => a - b);
  return { p50us: nanoseconds[nanoseconds.length >> 1]! / 1000, calls: nanoseconds.length };
}

function wrongAnswer(request: unknown, response: unknown): Error {
  return new Error(`${JSON.stringify(request)} was answered with ${JSON.stringify(response)}`);
}

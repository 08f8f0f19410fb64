import { connectTo, createClient, insecure } from "heliograph";
import { clientProgram } from "../../driver/client-program.js";
import { type Echo, echo, sameEcho } from "../../driver/payload.js";
import { BenchService } from "../../gen/heliograph/bench/v1/bench_heliograph.js";

/** Heliograph: one bidirectional stream; a generator sends what is to be said next. */
await clientProgram(async (endpoint) => {
  const connection = connectTo([endpoint], { security: insecure() });
  const stub = createClient(connection, BenchService);
  let say = (_request: Echo): void => {};
  const said = () =>
    new Promise<Echo>((resolve) => {
      say = resolve;
    });
  let next = said();
  async function* requests() {
    for (;;) {
      const request = await next;
      next = said();
      yield request;
    }
  }
  const answers = stub.chat(requests());
  return {
    request: echo,
    call: async (request: Echo) => {
      say(request);
      const { value } = await answers.next();
      if (value === undefined) throw new Error("the stream has ended");
      return value;
    },
    matches: sameEcho,
    close: () => connection.close(),
  };
});

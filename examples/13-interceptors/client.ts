import {
  circuitBreaker,
  connectTo,
  createClient,
  HeliographError,
  type Interceptor,
  insecure,
  logging,
  type Metadata,
} from "heliograph";
import { BakeryService } from "../gen/example/v1/bakery_heliograph.js";

const line = (fields: Readonly<Record<string, unknown>>, message: string) => {
  console.log(`  ${message} ${fields["reason"] ?? ""}`.trimEnd());
};
const logged = logging({ logger: { debug: line, info: line, warn: line, error: line } });
const signedIn: Interceptor = (next) => async (call) => {
  call.metadata.set("token", "secret");
  return next(call);
};

await using connection = connectTo(process.argv.slice(2), { security: insecure() });
const stranger = createClient(connection, BakeryService, { interceptors: [logged] });
const bakery = createClient(connection, BakeryService, { interceptors: [logged, signedIn] });

console.log("The server wants a token:");
await failing(stranger.bake({ cake: "sponge" }));
await bakery.bake(
  { cake: "sponge" },
  {
    timeoutMs: 1_000,
    onHeader: (metadata: Metadata) => console.log(`  it knows by the token: ${metadata.text("baked-for")}`),
    onTrailer: (trailers: Metadata) =>
      console.log(`  of 1000 ms its oven got ${trailers.text("oven-left-ms")}`),
  },
);

console.log("\nThe oven is slow, and a circuit breaker opens:");
const breaker = circuitBreaker({ minCalls: 3, onChange: (to, from) => console.log(`  ${from} to ${to}`) });
const careful = createClient(connection, BakeryService, { interceptors: [breaker, logged, signedIn] });
for (let n = 1; n <= 3; n++)
  await failing(careful.bake({ cake: "sponge", durationMs: 5_000 }, { timeoutMs: 150 }));
console.log(`  then ${await failing(careful.bake({ cake: "sponge" }))}: not even sent`);

console.log("\nSix calls for each user:");
await Promise.all([1, 2, 3, 4].map(() => failing(bakery.bake({ cake: "sponge" }))));

/** The reason; undefined when it has not failed. */
async function failing(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (thrown) {
    return HeliographError.from(thrown).reason;
  }
}

// Works in any test runner; this one is three lines long.
import assert from "node:assert/strict";
import { Code, HeliographError } from "heliograph";
import { faults, stubService } from "heliograph/testing";
import { GreeterService } from "../gen/example/v1/greeter_heliograph.js";
import { countTo, welcome } from "./welcome.js";

const greet = ({ name }: { name: string }) => ({ text: `Hello, ${name}!` });

await test("says what the service says", async () => {
  await using stub = await stubService(GreeterService, { greet });
  assert.equal(await welcome(stub.client, "Ada"), "Hello, Ada!");
  const methods = stub.calls.map(({ method }) => method);
  assert.deepEqual(methods, ["greet"]);
});

await test("gets along without the service", async () => {
  await using stub = await stubService(GreeterService, { greet });
  stub.on("greet", () => {
    throw new HeliographError(Code.Unavailable, "closed for today");
  });
  assert.equal(await welcome(stub.client, "Ada"), "Welcome!");
});

await test("does not wait for an answer that got lost", async () => {
  const network = faults();
  await using stub = await stubService(GreeterService, { greet }, { network });
  network.dropNext(1, "answers");
  assert.equal(await welcome(stub.client, "Ada"), "Welcome, and excuse the wait!");
  assert.equal(network.stats.dropped.answers, 1);
});

await test("counts on when the connection is cut", async () => {
  const network = faults();
  await using stub = await stubService(GreeterService, {}, { network });
  stub.on("count", async function* () {
    yield { n: 1 };
    yield { n: 2 };
    network.cut();
  });
  assert.deepEqual(await countTo(stub.client, 4), [1, 2, 3, 4]);
});

async function test(what: string, run: () => Promise<void>): Promise<void> {
  const started = performance.now();
  await run();
  console.log(`passed in ${(performance.now() - started).toFixed(0).padStart(3)} ms   ${what}`);
}

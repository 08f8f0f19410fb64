import { afterEach, expect, test } from "vitest";
import { backoffFrom } from "../../src/core/backoff.js";
import { createClient, createNode, insecure, type Node, type SocketFactory, serve } from "../../src/index.js";
import { roundRobin } from "../../src/naming/round-robin.js";
import { makeParts } from "../../src/node/parts.js";
import { Calling } from "../../src/rpc/client/calling.js";
import { fakeClock, memoryNetwork } from "../../src/testing/index.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { failure, silent } from "./rpc-harness.js";

const MINUTE_MS = 60_000;

let open: (Node | Calling)[] = [];
const clock = fakeClock();

afterEach(async () => {
  const closing = Promise.all(open.map((each) => each.close()));
  open = [];
  await clock.advanceAsync(10_000);
  await closing;
  expect(clock.timers).toBe(0);
});

/** A caller that counts how often it dials, and a server that can be started where it looks for one. */
function start() {
  const memory = memoryNetwork();
  let dials = 0;
  const network: SocketFactory = {
    anyEndpoint: memory.anyEndpoint,
    listen: (...args) => memory.listen(...args),
    dial: (...args) => {
      dials++;
      return memory.dial(...args);
    },
  };
  const source = new HandSource();
  const { self, shared, stallMs } = makeParts("caller", { security: insecure(), logger: silent, clock });
  const calling = new Calling({
    self,
    sockets: network,
    shared,
    clock,
    stallMs,
    backoff: backoffFrom(undefined),
    connectTimeoutMs: 2_000,
    intervalMs: 1_000,
    source,
    balancer: roundRobin(),
    host: "",
    everywhere: new Set(),
    events: { connected() {}, disconnected() {}, handshakeFailed() {}, unreachable() {} },
    judge: () => undefined,
  });
  open.push(calling);
  const client = createClient(calling, CallService);
  const call = async () => {
    const answer = client.call({});
    answer.catch(() => {});
    await clock.advanceAsync(100);
    return answer;
  };
  const serveAt = async (endpoint: string) => {
    const node = createNode({
      name: "server",
      security: insecure(),
      network: memory,
      clock,
      logger: silent,
      registries: [],
    });
    open.push(node);
    await serve(node, CallService, { call: () => Note.create({ text: endpoint }) }, { endpoint });
    return { node, info: at(endpoint, { node: "server", instance: node.instance, epoch: node.epoch }) };
  };
  const dialed = () => {
    const count = dials;
    dials = 0;
    return count;
  };
  return { source, call, serveAt, dialed };
}

test("instances that are dead are not dialed, and those that die are dialed no more", async () => {
  const { source, call, serveAt, dialed } = start();
  const living = await serveAt("memory://living");
  const dying = await serveAt("memory://dying");
  const dead = Array.from({ length: 20 }, (_, n) =>
    at(`memory://dead-${n}`, { node: "dead", instance: `dead-${n}`, epoch: 1, state: "dead" }),
  );
  source.say(living.info, dying.info, ...dead);
  await call();
  expect(dialed()).toBe(2);
  const closing = dying.node.close({ graceMs: 0 });
  await clock.advanceAsync(1_000);
  await closing;
  source.say(living.info, { ...dying.info, state: "suspect" }, ...dead);
  await clock.advanceAsync(2_000);
  source.say(living.info, { ...dying.info, state: "dead" }, ...dead);
  dialed();
  await clock.advanceAsync(10 * MINUTE_MS);
  expect(dialed()).toBeLessThanOrEqual(1);
});

test("an instance that comes back from the dead is dialed at once", async () => {
  const { source, call, serveAt, dialed } = start();
  const one = await serveAt("memory://one");
  source.say({ ...one.info, state: "dead" });
  // Its first call asks who there is.
  await call();
  dialed();
  source.say({ ...one.info, state: "alive" });
  expect((await call()).text).toBe("memory://one");
});

test("where all are dead a call tries them once: who says so may be wrong", async () => {
  const { source, call, serveAt, dialed } = start();
  const one = await serveAt("memory://one");
  const gone = at("memory://gone", { node: "gone", instance: "gone", epoch: 1, state: "dead" });
  source.say(gone);
  expect(await failure(call())).toMatchObject({ reason: "NO_INSTANCE", notProcessed: true });
  source.say(gone, { ...one.info, state: "dead" });
  expect((await call()).text).toBe("memory://one");
  dialed();
  await clock.advanceAsync(10 * MINUTE_MS);
  expect(dialed()).toBeLessThanOrEqual(1);
});

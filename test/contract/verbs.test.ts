import { describe, expect, test } from "vitest";
import { ControlService } from "../../src/gen/heliograph/control/v1/control_heliograph.js";
import { Condition } from "../../src/gen/heliograph/discovery/v1/registry.js";
import { Status, type WatchResponse } from "../../src/gen/heliograph/health/v1/health.js";
import { HealthService } from "../../src/gen/heliograph/health/v1/health_heliograph.js";
import { NodeService } from "../../src/gen/heliograph/node/v1/node_heliograph.js";
import {
  type Client,
  type ClientConnection,
  Code,
  checkHealth,
  createClient,
  HeliographError,
  type Logger,
  type NodeOptions,
  serve,
  setHealth,
} from "../../src/index.js";
import { fakeClock } from "../../src/testing/index.js";
import { schemaHash } from "../../src/wire/schema-hash.js";
import type { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { until } from "../support/within.js";
import { deferred, failure, harness, never, rpcCases, silent, untilError } from "./rpc-harness.js";

const { STATUS_SERVING, STATUS_NOT_SERVING, STATUS_SERVICE_UNKNOWN } = Status;
const CALL = CallService.$service;

for (const rpcCase of rpcCases.filter(({ name }) => name === "tcp" || name === "memory")) {
  const { serve: start, connect } = harness(rpcCase);

  /** A node, and all that may be asked of it. */
  async function asked(options: Partial<NodeOptions> = {}) {
    const go = deferred();
    const call = async (note: Note) => {
      await go.promise;
      return note;
    };
    const server = await start(
      {
        call,
        look(note) {
          if (note.text === "bad") throw new HeliographError(Code.NotFound, "bad");
          return note;
        },
      },
      { node: { control: true, ...options } },
    );
    const connection: ClientConnection = connect([server.endpoint]);
    const clients = {
      node: createClient(connection, NodeService),
      health: createClient(connection, HealthService),
      control: createClient(connection, ControlService),
      calls: createClient(connection, CallService),
    };
    return { ...clients, server, connection, go };
  }

  describe(`a node that is asked over ${rpcCase.name}`, () => {
    test("what time it is: answers by its clock", async () => {
      const clock = fakeClock({ wallUs: 5_000_000 });
      const { node } = await asked({ clock });
      clock.advance(1.5);
      expect((await node.ping({})).timeUs).toBe(5_001_500n);
    });

    test("who it is: says what it announces, how busy it is, and what it is built with", async () => {
      const clock = fakeClock();
      const elsewhere = `tcp://greeter.example.org:${5555}`;
      const { node, server, calls, go } = await asked({
        clock,
        labels: { zone: "eu-1" },
        advertise: [elsewhere],
      });
      const call = calls.call({});
      await until(20_000, "the call to arrive", () => server.node.serving.callsInFlight === 1);
      clock.advance(7_000);
      const info = await node.info({});
      expect(info).toMatchObject({
        announcement: {
          node: "server",
          instance: server.node.instance,
          epoch: BigInt(server.node.epoch),
          endpoints: [elsewhere],
          services: [{ name: CALL, schemaHash: schemaHash(CallService.$schema) }],
          labels: new Map([["zone", "eu-1"]]),
          condition: Condition.CONDITION_SERVING,
          processId: process.pid,
        },
        load: { callsInFlight: 1 },
        uptimeMs: 7_000n,
        resolvers: [],
        security: "insecure",
        runtime: `node ${process.versions.node}`,
        protocolVersions: [1],
      });
      expect(Number(info.load?.memoryBytes)).toBeGreaterThan(1_000_000);
      go.resolve();
      await call;
    });

    test("what it has done: counts by method, and begins anew when it is told to", async () => {
      const { node, calls } = await asked();
      await calls.look({ text: "hello" });
      await failure(calls.look({ text: "bad" }));
      const { methods, sessions, sinceUs, load } = await node.stats({ reset: true });
      expect([sessions, load?.callsInFlight]).toEqual([1, 0]);
      expect(methods[0]?.method).toBe(CallService.call.path);
      const look = methods.find(({ method }) => method === CallService.look.path);
      expect(look).toMatchObject({ calls: 2n, inFlight: 0, errors: new Map([["NOT_FOUND", 1n]]) });
      expect([look?.requestBytes, look?.responseBytes]).toEqual([12n, 7n]);
      const { boundsUs = [], counts = [], sumUs = 0n, maxUs = 0n } = look?.latency ?? {};
      expect(counts).toHaveLength(boundsUs.length + 1);
      expect(counts.reduce((sum, count) => sum + count, 0n)).toBe(2n);
      expect(sumUs).toBeGreaterThan(0n);
      expect(maxUs).toBeLessThanOrEqual(sumUs);
      const again = await node.stats({});
      expect(again.sinceUs).toBeGreaterThan(sinceUs);
      expect(again.methods.find(({ method }) => method === CallService.look.path)?.calls).toBe(0n);
      // The kit's own are there once they were called.
      expect(methods.some(({ method }) => method === NodeService.stats.path)).toBe(true);
    });

    test("for its schemas: gives all that it serves, or those that are named, the kit's own too", async () => {
      const { node } = await asked();
      const mine = {
        name: CALL,
        hash: schemaHash(CallService.$schema),
        descriptorSet: Uint8Array.from(Buffer.from(CallService.$schema, "base64")),
      };
      expect((await node.schema({})).services).toEqual([mine]);
      const named = [CALL, "a.Nobody", NodeService.$service, CALL];
      const { services } = await node.schema({ services: named });
      expect(services.map(({ name }) => name)).toEqual([CALL, NodeService.$service]);
      expect(services[1]?.hash).toBe(schemaHash(NodeService.$schema));
    });

    test("whether it is well: says so by service, and NOT_FOUND of what it does not serve", async () => {
      const { health, connection, server } = await asked();
      expect(await health.check({})).toEqual({ status: STATUS_SERVING, reason: "" });
      expect(await failure(health.check({ service: "a.B" }))).toMatchObject({
        code: Code.NotFound,
        reason: "SERVICE_UNKNOWN",
      });
      setHealth(server.node, CallService, "not-serving", "the disk is full");
      expect(await health.check({ service: CALL })).toEqual({
        status: STATUS_NOT_SERVING,
        reason: "the disk is full",
      });
      expect((await health.list({})).statuses).toEqual(
        new Map([
          ["", STATUS_SERVING],
          [CALL, STATUS_NOT_SERVING],
        ]),
      );
      expect(await checkHealth(connection)).toEqual({ status: "serving", reason: "" });
      expect(await checkHealth(connection, undefined, { service: CallService })).toEqual({
        status: "not-serving",
        reason: "the disk is full",
      });
      expect(await failure(checkHealth(connection, undefined, { service: SecondService }))).toMatchObject({
        code: Code.NotFound,
      });
    });

    test("to tell of its health: does so with each change, from services that are not there yet to its end", async () => {
      const { health, control, server } = await asked();
      const told: WatchResponse[] = [];
      const watch = (async () => {
        for await (const each of health.watch({ service: SecondService.$service })) told.push(each);
      })();
      const ended = failure(watch);
      const heard = (status: Status, reason = "") =>
        until(20_000, `status ${status} ${reason}`, () => {
          const last = told.at(-1);
          return last?.status === status && last.reason === reason;
        });
      await heard(STATUS_SERVICE_UNKNOWN);
      const second = await serve(server.node, SecondService, {});
      await heard(STATUS_SERVING);
      // What changes nothing here is not told.
      setHealth(server.node, CallService, "not-serving");
      setHealth(server.node, SecondService, "serving");
      setHealth(server.node, SecondService, "not-serving", "warming up");
      await heard(STATUS_NOT_SERVING, "warming up");
      await control.pause({});
      await heard(STATUS_NOT_SERVING, "paused");
      await control.resume({});
      await heard(STATUS_NOT_SERVING, "warming up");
      await second.stop();
      await heard(STATUS_SERVICE_UNKNOWN);
      await serve(server.node, SecondService, {});
      await heard(STATUS_NOT_SERVING, "warming up");
      const closing = server.node.close();
      await heard(STATUS_NOT_SERVING, "draining");
      await closing;
      expect(await ended).toMatchObject({ code: Code.Unavailable, reason: "DRAINING" });
      expect(told).toHaveLength(8);
    });

    test("to tell of its health by too many: refuses those, until others have gone", async () => {
      const { health, server } = await asked({ limits: { maxCalls: 4_096 } });
      const streams = Array.from({ length: 1_024 }, () => health.watch({}));
      await Promise.all(streams.map((stream) => stream.next()));
      const [, error] = await untilError(health.watch({}));
      expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "TOO_MANY_CALLS" });
      await streams[0]?.return();
      const inFlight = () =>
        server.node.serving.counts().methods.find(({ path }) => path === HealthService.watch.path)?.inFlight;
      await until(20_000, "the stream to end", () => inFlight() === 1_023);
      expect((await health.watch({}).next()).value?.status).toBe(STATUS_SERVING);
    });
  });

  describe(`a node that is controlled over ${rpcCase.name}`, () => {
    test("is paused and resumed, and goes on to answer what it is asked itself", async () => {
      const { control, calls, node, health } = await asked();
      await control.pause({});
      await control.pause({});
      expect(await failure(calls.look({}))).toMatchObject({ reason: "PAUSED", notProcessed: true });
      expect(await health.check({})).toEqual({ status: STATUS_NOT_SERVING, reason: "paused" });
      expect((await node.info({})).announcement?.condition).toBe(Condition.CONDITION_PAUSED);
      expect((await control.describe({})).announcement?.condition).toBe(Condition.CONDITION_PAUSED);
      await control.resume({});
      expect((await calls.look({ text: "a" })).text).toBe("a");
    });

    test("drains and stays: says when its calls have ended, and how many it had to end", async () => {
      const { control, calls, health, go, server } = await asked();
      const call = calls.call({ text: "a" });
      await until(20_000, "the call to arrive", () => server.node.serving.callsInFlight === 1);
      const drained = control.drain({ graceMs: 60_000 });
      await until(20_000, "the node to drain", () => server.node.serving.condition === "draining");
      expect(await failure(calls.look({}))).toMatchObject({ reason: "DRAINING", notProcessed: true });
      expect((await health.check({})).reason).toBe("draining");
      go.resolve();
      expect((await drained).cancelledCalls).toBe(0);
      expect((await call).text).toBe("a");
      await control.resume({});
      expect((await calls.look({ text: "b" })).text).toBe("b");
    });

    test("ends what does not end within the grace, and says so", async () => {
      const { control, calls, server } = await asked();
      const call = failure(calls.call({}));
      await until(20_000, "the call to arrive", () => server.node.serving.callsInFlight === 1);
      expect((await control.drain({ graceMs: 0 })).cancelledCalls).toBe(1);
      expect(await call).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
    });

    test("is shut down: answers first, lets calls finish, and closes", async () => {
      const { control, calls, go, server } = await asked();
      const call = calls.call({ text: "a" });
      await until(20_000, "the call to arrive", () => server.node.serving.callsInFlight === 1);
      await control.shutdown({ graceMs: 60_000 });
      await until(20_000, "the node to drain", () => server.node.state === "draining");
      go.resolve();
      expect((await call).text).toBe("a");
      await server.node.closed;
      expect(server.node.state).toBe("closed");
    });

    test("logs what it is told to, and who gave it orders", async () => {
      const lines: string[] = [];
      const logger: Logger = {
        ...silent,
        warn: ({ order, by }, message) => void lines.push(`${String(by)}: ${String(order)}: ${message}`),
      };
      const { control } = await asked({ logger, logLevel: "error" });
      expect((await control.describe({})).logLevel).toBe("error");
      expect((await control.setLogLevel({ level: "warn" })).previous).toBe("error");
      expect(await failure(control.setLogLevel({ level: "loud" }))).toMatchObject({
        code: Code.InvalidArgument,
        reason: "BAD_OPTION",
      });
      await control.pause({});
      expect((await control.setLogLevel({ level: "silent" })).previous).toBe("warn");
      await control.resume({});
      expect(lines).toEqual([
        "client: pause: the node was given an order",
        "client: log level silent: the node was given an order",
      ]);
    });

    test("is not, unless it allows that", async () => {
      const { control } = await asked({ control: false });
      const orders: (keyof Client<typeof ControlService>)[] = ["describe", "pause", "drain", "shutdown"];
      for (const order of orders)
        expect(await failure(control[order]({}))).toMatchObject({
          code: Code.Unimplemented,
          notProcessed: true,
        });
    });

    test("does not let anybody serve in the place of the kit", async () => {
      const { server } = await asked();
      await expect(serve(server.node, HealthService, { check: never })).rejects.toThrow(
        "each node serves heliograph.health.v1.HealthService itself",
      );
    });
  });
}

import { describe, expect, test } from "vitest";
import { Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import { Code, createClient, type HeliographError, notify } from "../../src/index.js";
import { fakeClock, faults, zmqSockets } from "../../src/testing/index.js";
import { schemaHash } from "../../src/wire/schema-hash.js";
import { Note } from "../gen/heliograph/test/v1/call.js";
import { CallService, SecondService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { hello, packet, RawPeer } from "../support/raw-peer.js";
import { until } from "../support/within.js";
import { all, deferred, failure, harness, never, rpcCases, tcp, untilError } from "./rpc-harness.js";

const refused = (reason: string) => ({ code: Code.Unavailable, reason, notProcessed: true });

for (const rpcCase of rpcCases) {
  describe(`a server over ${rpcCase.name}`, () => {
    const { serve, pair, connect } = harness(rpcCase);

    /** A server whose calls wait to be let go; SecondService is served as one of the kit's own. */
    async function gated(options: Parameters<typeof pair>[1] = {}) {
      const go = deferred();
      const wait = async (note: Note) => {
        await go.promise;
        return note;
      };
      const server = await pair(
        {
          call: wait,
          look: (note) => note,
          async *count(note) {
            yield note;
            yield await wait(note);
          },
          sum: async (notes) => {
            for await (const _ of notes);
            return wait(Note.create({}));
          },
          async *chat(notes) {
            yield* notes;
          },
          async *watch(note) {
            yield note;
            yield await wait(note);
          },
        },
        options,
      );
      const removeKit = server.node.serving.addKit(SecondService, { call: (note: Note) => note });
      const kit = createClient(connect([server.endpoint]), SecondService);
      const { serving } = server.node;
      const inFlight = (calls: number) =>
        until(20_000, `${calls} calls in flight`, () => serving.callsInFlight === calls);
      return { ...server, serving, kit, removeKit, go, inFlight };
    }

    test("that is paused refuses new calls of every kind, lets those in flight go on, and goes on itself", async () => {
      const { client, serving, kit, go, inFlight, endpoint } = await gated();
      const call = client.call({ text: "a" });
      const stream = all(client.count({ text: "b" }));
      await inFlight(2);
      serving.pause();
      expect(serving.condition).toBe("paused");
      const refusals = await Promise.all([
        failure(client.look({})),
        failure(client.look({}, { idempotencyKey: "k" })),
        failure(all(client.count({}))),
        failure(client.sum([])),
        failure(all(client.chat([]))),
        failure(all(client.watch({}))),
      ]);
      for (const refusal of refusals) expect(refusal).toMatchObject(refused("PAUSED"));
      // Also for clients that come now.
      const late = createClient(connect([endpoint]), CallService);
      expect(await failure(late.look({}))).toMatchObject(refused("PAUSED"));
      expect((await kit.call({ text: "kit" })).text).toBe("kit");
      go.resolve();
      expect((await call).text).toBe("a");
      expect(await stream).toHaveLength(2);
      serving.resume();
      expect(serving.condition).toBe("serving");
      expect((await client.look({ text: "c" })).text).toBe("c");
      expect((await client.look({ text: "d" }, { idempotencyKey: "k" })).text).toBe("d");
    });

    test("that is paused goes on with what was begun: repeats of a call with a key, and a stream that resumes", async () => {
      const { client, serving, go, inFlight, endpoint } = await gated();
      const network = faults({ network: rpcCase.network ?? zmqSockets() });
      const other = createClient(connect([endpoint], { network, backoff: { initialMs: 1 } }), CallService);
      const first = failure(other.call({ text: "a" }, { idempotencyKey: "k" }));
      const stream = other.watch({ text: "b" });
      expect((await stream.next()).value?.text).toBe("b");
      await inFlight(2);
      serving.pause();
      network.cut();
      const repeat = other.call({ text: "a" }, { idempotencyKey: "k" });
      expect(await failure(client.call({ text: "a" }, { idempotencyKey: "k" }))).toMatchObject(
        refused("PAUSED"),
      );
      await first;
      go.resolve();
      expect((await repeat).text).toBe("a");
      expect((await other.call({ text: "a" }, { idempotencyKey: "k" })).text).toBe("a");
      expect((await all(stream)).map(({ text }) => text)).toEqual(["b"]);
    });

    test("that comes to rest waits for what is in flight, one-way calls too, and refuses the rest", async () => {
      const { client, serving, kit, go, inFlight, endpoint } = await gated();
      const call = client.call({ text: "a" });
      const stream = all(client.count({}));
      await notify(connect([endpoint]), CallService.call, {});
      await inFlight(3);
      let rested = false;
      const resting = serving.quiesce(60_000).then((ended) => {
        rested = true;
        return ended;
      });
      expect(serving.condition).toBe("draining");
      expect(await failure(client.look({}))).toMatchObject(refused("DRAINING"));
      expect((await kit.call({})).text).toBe("");
      expect(rested).toBe(false);
      go.resolve();
      expect(await resting).toBe(0);
      await Promise.all([call, stream]);
      // It stays so, and can be asked again.
      expect(await serving.quiesce(60_000)).toBe(0);
      expect(await failure(client.look({}))).toMatchObject(refused("DRAINING"));
      serving.resume();
      expect((await client.look({ text: "b" })).text).toBe("b");
    });

    test("that comes to rest ends what has not ended when the grace is over, and says how much that was", async () => {
      const clock = fakeClock();
      const { client, serving, kit, inFlight, endpoint } = await gated({ node: { clock } });
      const ends: Promise<HeliographError>[] = [
        failure(client.call({})),
        failure(client.sum([])),
        untilError(client.count({})).then(([, error]) => error),
        untilError(client.watch({})).then(([, error]) => error),
        // One run, for which both wait.
        failure(client.call({}, { idempotencyKey: "k" })),
        failure(client.call({}, { idempotencyKey: "k" })),
      ];
      await notify(connect([endpoint]), CallService.call, {});
      await inFlight(6);
      const resting = serving.quiesce(1_000);
      clock.advance(1_000);
      expect(await resting).toBe(6);
      for (const end of ends) {
        expect(await end).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
      }
      expect(serving.callsInFlight).toBe(0);
      expect((await kit.call({ text: "kit" })).text).toBe("kit");
    });

    test("that waits to come to rest takes calls again at once when it is resumed, and ends none", async () => {
      const clock = fakeClock();
      const { client, serving, go, inFlight } = await gated({ node: { clock } });
      const call = client.call({ text: "a" });
      await inFlight(1);
      const resting = serving.quiesce(1_000);
      serving.resume();
      expect(await resting).toBe(0);
      clock.advance(2_000);
      expect((await client.look({ text: "b" })).text).toBe("b");
      go.resolve();
      expect((await call).text).toBe("a");
    });

    test("that drains is not paused by anybody, and one that closes does not resume", async () => {
      const { client, serving, node } = await gated();
      await serving.quiesce(0);
      serving.pause();
      expect(serving.condition).toBe("draining");
      serving.resume();
      serving.pause();
      const closing = node.close();
      await until(20_000, "the node to drain", () => serving.condition === "draining");
      serving.resume();
      expect(serving.condition).toBe("draining");
      expect((await failure(client.look({}))).notProcessed).toBe(true);
      await closing;
    });

    test("closes without waiting for the kit's own calls, which it ends", async () => {
      const { node, endpoint } = await serve({});
      node.serving.addKit(SecondService, { call: never });
      const open = failure(createClient(connect([endpoint]), SecondService).call({}));
      const entry = () => node.serving.counts().methods.find(({ path }) => path === SecondService.call.path);
      await until(20_000, "the call to arrive", () => entry()?.inFlight === 1);
      await node.close({ graceMs: 3_600_000 });
      expect(await open).toMatchObject({ code: Code.Unavailable, reason: "DRAINING", notProcessed: false });
    });

    test("doesn't list the kit's own services, and takes them away when it is told to", async () => {
      const { node, serving, kit, removeKit } = await gated();
      expect([node.services, serving.served.map(({ name }) => name)]).toEqual([
        [CallService.$service],
        [CallService.$service],
      ]);
      expect(serving.definition(SecondService.$service)).toBe(SecondService);
      await kit.call({});
      expect(serving.counts().methods.at(-1)).toMatchObject({ path: SecondService.call.path, calls: 1 });
      removeKit();
      expect(await failure(kit.call({}))).toMatchObject({ code: Code.Unimplemented });
    });

    test("tells of services that come and go, and of its condition, until nobody wants to hear", async () => {
      const { node, served } = await serve({ call: (note) => note });
      const { serving } = node;
      const told: string[] = [];
      const forget = serving.onChange(() => told.push(`${serving.services.length} ${serving.condition}`));
      const second = await serving.add(SecondService, {}, {});
      serving.pause();
      serving.pause();
      serving.resume();
      serving.resume();
      await second.stop();
      await second.stop();
      await serving.quiesce(0);
      expect(told).toEqual(["2 serving", "2 paused", "2 serving", "1 serving", "1 draining"]);
      forget();
      await served.stop();
      expect(told).toHaveLength(5);
    });

    test("whose service is taken away lets its calls finish", async () => {
      const { client, served, go, inFlight } = await gated();
      const call = client.call({ text: "a" });
      const stream = all(client.count({}));
      await inFlight(2);
      await served.stop();
      expect(await failure(client.look({}))).toMatchObject({ code: Code.Unimplemented });
      go.resolve();
      expect((await call).text).toBe("a");
      expect(await stream).toHaveLength(2);
    });
  });
}

describe("the greeting of a server", () => {
  const { serve, own } = harness(tcp);

  test("says what it serves then, with the hashes of the schemas, and nothing of the kit's own", async () => {
    const { node, endpoint } = await serve({});
    node.serving.addKit(SecondService, {});
    const greeted = async () => {
      const peer = new RawPeer(endpoint);
      own({ [Symbol.asyncDispose]: async () => peer.close() });
      await peer.send(packet((writer) => hello(writer)));
      const [part] = await peer.socket.receive();
      return Packet.decode(part!).frames[0]?.welcome?.services;
    };
    const call = { name: CallService.$service, schemaHash: schemaHash(CallService.$schema) };
    expect(await greeted()).toEqual([call]);
    const { $schema: _, ...rest } = CallService;
    await node.serving.add({ ...rest, $service: "a.B", $schema: "" }, {}, {});
    expect(await greeted()).toEqual([call, { name: "a.B", schemaHash: "" }]);
  });
});

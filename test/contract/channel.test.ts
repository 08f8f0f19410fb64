import { afterEach, describe, expect, test } from "vitest";
import { backoffFrom } from "../../src/core/backoff.js";
import { Code, createClient, type HeliographError, insecure, scatter } from "../../src/index.js";
import type { Balancer } from "../../src/naming/balancer.js";
import { makeParts } from "../../src/node/parts.js";
import { Calling } from "../../src/rpc/client/calling.js";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";
import { at, HandSource } from "../support/hand-source.js";
import { deferred, harness, rpcCases, type Server, type ServerOptions, silent } from "./rpc-harness.js";

/** One after the other. */
const inTurn: Balancer = {
  name: "in-turn",
  picker() {
    let next = 0;
    return { pick: (candidates) => candidates[next++ % candidates.length] };
  },
};

const opened: Calling[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((calling) => calling.close()));
});

describe.each(rpcCases.filter(({ name }) => name === "tcp" || name === "memory"))(
  "a channel over $name",
  (rpcCase) => {
    const kit = harness(rpcCase);
    const events: string[] = [];

    function calling(
      source: HandSource,
      over: { balancer?: Balancer; connectTimeoutMs?: number } = {},
    ): Calling {
      const { self, sockets, shared, clock, stallMs } = makeParts("caller", {
        security: insecure(),
        logger: silent,
        ...(rpcCase.network && { network: rpcCase.network }),
      });
      events.length = 0;
      const made = new Calling({
        self,
        sockets,
        shared,
        clock,
        stallMs,
        backoff: backoffFrom(undefined),
        connectTimeoutMs: over.connectTimeoutMs ?? 2_000,
        intervalMs: 1_000,
        source,
        balancer: over.balancer ?? inTurn,
        host: "here",
        events: {
          connected: (_, { node }) => events.push(`connected ${node}`),
          disconnected: (_, peer) => events.push(`disconnected ${peer?.node}`),
          handshakeFailed: () => events.push("handshake failed"),
          unreachable() {},
        },
        judge: () => undefined,
        everywhere: new Set(),
      });
      opened.push(made);
      return made;
    }

    /** Servers that answer with their own number. */
    async function servers(count: number, options: ServerOptions = {}): Promise<Server[]> {
      return Promise.all(
        Array.from({ length: count }, (_, i) =>
          kit.serve({ call: (request) => ({ ...request, text: `${i}` }) }, options),
        ),
      );
    }

    const call = (client: ReturnType<typeof createClient<typeof CallService>>) =>
      client.call({ text: "" }).then(({ text }) => text);
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => expect.unreachable("the call succeeded"),
        (error: HeliographError) => error,
      );

    test("spreads calls over all instances, from the first on that is connected", async () => {
      const source = new HandSource();
      const three = await servers(3);
      const client = createClient(calling(source), CallService);
      const first = call(client);
      source.say(...three.map(({ endpoint }) => at(endpoint)));
      expect(["0", "1", "2"]).toContain(await first);
      await expect
        .poll(async () => new Set(await Promise.all(Array.from({ length: 9 }, () => call(client)))).size)
        .toBe(3);
      const counts = await Promise.all(Array.from({ length: 30 }, () => call(client)));
      for (const one of ["0", "1", "2"]) expect(counts.filter((each) => each === one)).toHaveLength(10);
      expect(source.watched).toEqual(["heliograph.test.v1.CallService"]);
    });

    test("asks nobody before the first call", async () => {
      const source = new HandSource();
      createClient(calling(source), CallService);
      expect(source.watched).toEqual([]);
    });

    test("moves on when an instance drains, and no call fails", async () => {
      const source = new HandSource();
      const three = await servers(3);
      source.say(...three.map(({ endpoint }) => at(endpoint)));
      const client = createClient(calling(source), CallService);
      let stop = false;
      let done = 0;
      const loop = async () => {
        while (!stop) {
          await call(client);
          done++;
        }
      };
      const loops = Array.from({ length: 50 }, loop);
      await expect.poll(() => done).toBeGreaterThan(500);
      await three[0]!.node.close();
      const after = done;
      await expect.poll(() => done).toBeGreaterThan(after + 500);
      await three[1]!.node.close();
      const later = done;
      await expect.poll(() => done).toBeGreaterThan(later + 500);
      stop = true;
      await Promise.all(loops);
      expect(await call(client)).toBe("2");
    });

    test("says at once that there is nobody, once that is known", async () => {
      const source = new HandSource();
      const client = createClient(calling(source), CallService);
      source.say();
      const error = await failure(call(client));
      expect(error).toMatchObject({ code: Code.Unavailable, reason: "NO_INSTANCE", notProcessed: true });
      expect(error.message).toContain("nobody serves heliograph.test.v1.CallService");
    });

    test("says what is wrong with those that there are", async () => {
      const source = new HandSource();
      const [gone] = await servers(1);
      await gone!.node.close();
      source.say(at(gone!.endpoint, { node: "greeter" }), at("tcp://127.0.0.1:1", { condition: "paused" }));
      const error = await failure(call(createClient(calling(source), CallService)));
      expect(error.message).toContain(
        "none of the 2 instances of heliograph.test.v1.CallService can be called",
      );
      expect(error.message).toContain(`nobody listens at ${gone!.endpoint}`);
      expect(error.message).toContain("paused");
    });

    test("waits no longer than it may when nobody says who there is, and then says why", async () => {
      const source = new HandSource();
      const client = createClient(calling(source, { connectTimeoutMs: 50 }), CallService);
      const waits = failure(call(client));
      source.fail("the registry is away");
      expect((await waits).message).toContain("the registry is away");
      let ended = false;
      void failure(call(client)).then(() => {
        ended = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(ended).toBe(true);
    });

    test("lets a call that waits for ready wait for an instance", async () => {
      const source = new HandSource();
      const client = createClient(calling(source), CallService);
      source.say();
      const patient = client.call({ text: "" }, { waitForReady: true });
      const [one] = await servers(1);
      source.say(at(one!.endpoint));
      expect((await patient).text).toBe("0");
    });

    test("sends a call to the instance that it names", async () => {
      const source = new HandSource();
      const three = await servers(3);
      source.say(
        ...three.map(({ endpoint, node }) =>
          at(endpoint, { node: node.name, instance: node.instance, epoch: node.epoch }),
        ),
      );
      const client = createClient(calling(source), CallService);
      for (const [i, { node }] of three.entries()) {
        expect((await client.call({ text: "" }, { instance: node.instance })).text).toBe(`${i}`);
      }
      const error = await failure(client.call({ text: "" }, { instance: "gone" }));
      expect(error).toMatchObject({ reason: "NO_INSTANCE" });
      expect(error.message).toContain("no instance gone of");
    });

    test("leaves a call that names another instance than a plain connection leads to", async () => {
      const [one] = await servers(1);
      const client = kit.client(one!);
      expect((await client.call({ text: "" }, { instance: one!.node.instance })).text).toBe("0");
      const error = await failure(client.call({ text: "" }, { instance: "another" }));
      expect(error).toMatchObject({ code: Code.Unavailable, reason: "WRONG_INSTANCE", notProcessed: true });
    });

    test("is not fooled by another server at a known address", async () => {
      const source = new HandSource();
      const [one] = await servers(1);
      source.say(at(one!.endpoint, { node: "greeter", instance: "somebody-else", epoch: 1 }));
      const error = await failure(call(createClient(calling(source), CallService)));
      expect(error.message).toContain("somebody-else");
    });

    test("is not fooled by another life of the server, and names both", async () => {
      const source = new HandSource();
      const [one] = await servers(1);
      const { instance, epoch } = one!.node;
      source.say(at(one!.endpoint, { node: "greeter", instance, epoch: 1 }));
      const error = await failure(call(createClient(calling(source), CallService)));
      expect(error.message).toContain(
        `the caller means ${instance} of epoch 1, this is ${instance} of epoch ${epoch}`,
      );
    });

    test("asks all instances, and says which has answered", async () => {
      const source = new HandSource();
      const three = await servers(3);
      source.say(...three.map(({ endpoint }) => at(endpoint)));
      const answers: string[] = [];
      for await (const { message } of scatter(calling(source), CallService.call, { text: "" }))
        answers.push(message?.text ?? "?");
      expect(answers.sort()).toEqual(["0", "1", "2"]);
    });

    test("tells what becomes of its connections", async () => {
      const source = new HandSource();
      const [one] = await servers(1);
      source.say(at(one!.endpoint));
      await call(createClient(calling(source), CallService));
      await one!.node.close();
      await expect.poll(() => events).toEqual(["connected server", "disconnected server"]);
    });

    test("ends a connection that nobody needs any more, after the calls on it", async () => {
      const source = new HandSource();
      const asked = deferred();
      const answer = deferred();
      const server = await kit.serve({
        call: async (request) => {
          asked.resolve();
          await answer.promise;
          return request;
        },
      });
      source.say(at(server.endpoint));
      const client = createClient(calling(source), CallService);
      const under = client.call({ text: "under way" });
      await asked.promise;
      source.say();
      answer.resolve();
      expect((await under).text).toBe("under way");
      await expect.poll(() => events).toEqual(["connected server", "disconnected server"]);
    });
  },
);

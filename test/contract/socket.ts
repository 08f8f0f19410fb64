import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../src/core/code.js";
import { HeliographError } from "../../src/core/error.js";
import type { Dialer, Listener, SocketFactory } from "../../src/socket/socket.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "./socket-probe.js";

/** One implementation under test. */
export interface SocketCase {
  readonly name: string;
  /** A new factory; what event handlers throw goes to `onError`. */
  create(onError: (error: unknown) => void): SocketFactory;
  /** An endpoint to listen on that nobody else uses; where it is really bound may differ. */
  endpoint(): string;
  /** An endpoint that is not one. */
  readonly malformed: string;
}

/** Holds an implementation of sockets to the contract of src/socket/socket.ts. */
export function testSocketContract(socketCase: SocketCase): void {
  describe(socketCase.name, () => {
    let errors: unknown[];
    let factory: SocketFactory;
    let open: AsyncDisposable[];

    beforeEach(() => {
      errors = [];
      open = [];
      factory = socketCase.create((error) => errors.push(error));
    });

    afterEach(async () => {
      await Promise.all(open.map((socket) => socket[Symbol.asyncDispose]()));
    });

    async function listen(probe = new ListenerProbe(), endpoint = socketCase.endpoint()) {
      const listener = await factory.listen(endpoint, probe);
      open.push(listener);
      return { listener, heard: probe };
    }

    function dial(listener: Listener | string, probe = new DialerProbe(), routingId = newRoutingId()) {
      const endpoint = typeof listener === "string" ? listener : listener.endpoint;
      const dialer = factory.dial(endpoint, probe, { routingId });
      open.push(dialer);
      return { dialer, told: probe, routingId };
    }

    async function connected() {
      const { listener, heard } = await listen();
      const { dialer, told, routingId } = dial(listener);
      dialer.send(message("hello"));
      await Promise.all([heard.untilReceived(1), told.untilOpened()]);
      return { listener, heard, dialer, told, routingId };
    }

    describe("messages", () => {
      test("sent before the connection is open arrive, after opened and in order", async () => {
        const { listener, heard } = await listen();
        const { dialer, told } = dial(listener);
        for (let i = 0; i < 128; i += 1) dialer.send(message(`${i}`));
        await Promise.all([heard.untilReceived(128), told.untilOpened()]);
        expect(heard.texts.map(([text]) => Number(text))).toEqual([...Array(128).keys()]);
        expect(told.openings).toBe(1);
      });

      test("go both ways with all their parts, empty ones too", async () => {
        const { listener, heard, dialer, told } = await connected();
        const id = heard.received[0]!.routingId;
        expect(dialer.send(message("", "a", "", "bc", ""))).toBe(3);
        expect(listener.send(id, message("x", "", "yz"))).toBe(3);
        await Promise.all([heard.untilReceived(2), told.untilReceived(1)]);
        expect(heard.texts[1]).toEqual(["", "a", "", "bc", ""]);
        expect(told.texts).toEqual([["x", "", "yz"]]);
        expect([heard.bytes, told.bytes]).toEqual([8, 3]);
      });

      test("arrive as buffers, whatever kind of byte array was sent", async () => {
        const { heard, dialer } = await connected();
        const large = new Uint8Array(1000).fill(7).subarray(100, 900);
        expect(dialer.send([new Uint8Array([1, 2]), large])).toBe(802);
        await heard.untilReceived(2);
        const { parts } = heard.received[1]!;
        expect(parts.every((part) => Buffer.isBuffer(part))).toBe(true);
        expect(parts.map((part) => part.length)).toEqual([2, 800]);
        expect(parts[1]!.every((byte) => byte === 7)).toBe(true);
      });

      test("of 200 times 1 MiB arrive", async () => {
        const { heard, dialer } = await connected();
        const part = Buffer.alloc(1024 * 1024, 5);
        for (let i = 0; i < 200; i += 1) dialer.send([Buffer.from([i]), part]);
        await heard.untilReceived(201);
        expect(heard.received.slice(1).map(({ parts }) => parts[0]![0])).toEqual([...Array(200).keys()]);
        expect(heard.received.at(-1)!.parts[1]!.equals(part)).toBe(true);
      });

      test("of 100 peers are told apart and answered", async () => {
        const heard = new ListenerProbe();
        const { listener } = await listen(heard);
        heard.onMessage = (id, parts) => listener.send(id, [Buffer.from("to"), ...parts]);
        const peers = Array.from({ length: 100 }, () => dial(listener));
        peers.forEach(({ dialer }, i) => {
          dialer.send(message(`${i}`));
        });
        await Promise.all(peers.map(({ told }) => told.untilReceived(1)));
        expect(peers.map(({ told }) => told.texts[0])).toEqual(peers.map((_, i) => ["to", `${i}`]));
        const byId = new Map(
          heard.received.map(({ routingId, parts }) => [routingId.toString("hex"), parts[0]!]),
        );
        expect(
          peers.every(({ routingId }, i) => String(byId.get(routingId.toString("hex"))) === `${i}`),
        ).toBe(true);
      });

      test("with no parts are not sent", async () => {
        const { listener, heard, dialer } = await connected();
        expect(dialer.send([])).toBe(0);
        expect(listener.send(heard.received[0]!.routingId, [])).toBe(0);
        dialer.send(message("next"));
        await heard.untilReceived(2);
        expect(heard.texts[1]).toEqual(["next"]);
      });

      test("keep coming after a handler threw, and the error is reported", async () => {
        const { listener, heard, dialer, told } = await connected();
        heard.onMessage = () => {
          throw new Error("listener's handler");
        };
        told.onMessage = () => {
          throw new Error("dialer's handler");
        };
        for (const text of ["1", "2"]) {
          dialer.send(message(text));
          listener.send(heard.received[0]!.routingId, message(text));
        }
        heard.onMessage = once(heard.onMessage);
        told.onMessage = once(told.onMessage);
        await Promise.all([heard.untilReceived(3), told.untilReceived(2)]);
        expect(errors.map((error) => (error as Error).message).sort()).toEqual([
          "dialer's handler",
          "listener's handler",
        ]);
      });

      test("that never stop do not starve timers", async () => {
        const { listener, heard, dialer, told } = await connected();
        const id = heard.received[0]!.routingId;
        heard.onMessage = () => listener.send(id, message("pong"));
        told.onMessage = () => dialer.send(message("ping"));
        for (let i = 0; i < 100; i += 1) dialer.send(message("ping"));
        for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
        expect(told.endings).toEqual([]);
        heard.onMessage = () => {};
        told.onMessage = () => {};
      });
    });

    describe("a dialer", () => {
      test("is refused where nobody listens", async () => {
        const { listener } = await listen();
        await listener.close();
        const { dialer, told } = dial(listener);
        dialer.send(message("lost"));
        await told.untilClosed();
        expect([told.reason, told.openings]).toEqual(["refused", 0]);
        expect(dialer.send(message("more"))).toBe(0);
      });

      test("of a malformed endpoint closes as unresolved and names it", async () => {
        const { told } = dial(socketCase.malformed);
        expect(told.endings).toEqual([]);
        await told.untilClosed();
        expect(told.reason).toBe("unresolved");
        expect(told.endings[0]!.cause?.message).toContain(socketCase.malformed);
      });

      test("whose handler of the end throws reports that", async () => {
        const { listener } = await listen();
        await listener.close();
        const { told } = dial(listener);
        told.closed = (reason) => {
          DialerProbe.prototype.closed.call(told, reason);
          throw new Error("closed's handler");
        };
        await told.untilClosed();
        await new Promise((resolve) => setImmediate(resolve));
        expect(errors.map((error) => (error as Error).message)).toEqual(["closed's handler"]);
      });

      test("that closes tells closed once and nothing after it", async () => {
        const { listener, heard, dialer, told } = await connected();
        listener.send(heard.received[0]!.routingId, message("too late?"));
        const first = dialer.close();
        expect(dialer.close()).toBe(first);
        await first;
        await dialer.close();
        expect(told.endings).toEqual([{ reason: "closed", cause: undefined }]);
        expect(told.late).toEqual([]);
        expect(dialer.send(message("more"))).toBe(0);
      });

      test("that closes right after sending delivers, and then has left", async () => {
        const { listener, heard } = await listen();
        const { dialer, routingId } = dial(listener);
        for (let i = 0; i < 100; i += 1) dialer.send([Buffer.from(`${i}`), Buffer.alloc(10_000)]);
        const received: number[] = [];
        heard.left = (id) => {
          received.push(heard.received.length);
          ListenerProbe.prototype.left.call(heard, id);
        };
        await dialer.close();
        await heard.untilLeft(routingId);
        expect(received[0]).toBe(100);
      });

      test("can close from its own handlers", async () => {
        const { listener, heard, dialer, told } = await connected();
        told.onMessage = () => void dialer.close();
        const id = heard.received[0]!.routingId;
        for (let i = 0; i < 10; i += 1) listener.send(id, message(`${i}`));
        await told.untilClosed();
        expect([told.received.length, told.reason, told.late]).toEqual([1, "closed", []]);
      });

      test("learns that the listener closed, after the last messages", async () => {
        const { listener, heard, told } = await connected();
        const id = heard.received[0]!.routingId;
        for (let i = 0; i < 100; i += 1) listener.send(id, message(`${i}`));
        await listener.close();
        await told.untilClosed();
        expect(told.reason).toBe("disconnected");
        expect(told.received.length).toBe(100);
        expect(told.late).toEqual([]);
      });

      test("with a routing id in use is not served", async () => {
        const { listener, heard, routingId } = await connected();
        const twin = dial(listener, new DialerProbe(), routingId);
        twin.dialer.send(message("twin"));
        const other = dial(listener);
        other.dialer.send(message("other"));
        await heard.until(() => heard.texts.some(([text]) => text === "other"));
        expect(heard.texts.flat()).not.toContain("twin");
      });
    });

    describe("a listener", () => {
      test("can be told to choose its endpoint", async () => {
        const { listener } = await listen();
        expect(listener.endpoint).not.toContain("*");
      });

      test("rejects an endpoint that is taken with UNAVAILABLE, and gets it when it is free again", async () => {
        const { listener } = await listen();
        const error: unknown = await listen(new ListenerProbe(), listener.endpoint).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(HeliographError);
        expect(error).toMatchObject({ code: Code.Unavailable, reason: "ENDPOINT_TAKEN" });
        expect((error as Error).message).toContain(listener.endpoint);
        await listener.close();
        const again = await listen(new ListenerProbe(), listener.endpoint);
        expect(again.listener.endpoint).toBe(listener.endpoint);
      });

      test("rejects a malformed endpoint with INVALID_ARGUMENT, and shows it and a good one", async () => {
        const error: unknown = await listen(new ListenerProbe(), socketCase.malformed).catch(
          (thrown) => thrown,
        );
        expect(error).toBeInstanceOf(HeliographError);
        expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "BAD_OPTION" });
        expect((error as Error).message).toContain(socketCase.malformed);
        expect((error as Error).message).toMatch(/write it as|such as/);
      });

      test("tells that a peer it sends to is gone", async () => {
        const { listener, heard } = await listen();
        const nobody = newRoutingId();
        listener.send(nobody, message("hello?"));
        await heard.untilLeft(nobody);
      });

      test("hands over all that a peer sent before it went, though answers to it fail, and then tells that it left", async () => {
        const { listener, heard, dialer, routingId } = await connected();
        heard.onMessage = (id, parts) => listener.send(id, parts);
        // So much that it takes many turns to read.
        for (let i = 1; i <= 200; i += 1) dialer.send(message(`${i}`, "x".repeat(16_000)));
        const closing = dialer.close();
        await heard.untilLeft(routingId);
        expect(heard.texts.at(-1)?.[0]).toBe("200");
        await closing;
      });

      test("cuts off one peer and leaves the others alone, while all send", async () => {
        const heard = new ListenerProbe();
        const { listener } = await listen(heard);
        heard.onMessage = (id, parts) => listener.send(id, parts);
        const peers = Array.from({ length: 8 }, () => dial(listener));
        for (const { dialer, told } of peers) {
          told.onMessage = (parts) => dialer.send(parts);
          for (let i = 0; i < 4; i += 1) dialer.send(message(`${i}`));
        }
        await Promise.all(peers.map(({ told }) => told.untilReceived(20)));
        const [victim, ...others] = peers;
        await listener.disconnect(victim!.routingId);
        await Promise.all([heard.untilLeft(victim!.routingId), victim!.told.untilClosed()]);
        const counts = others.map(({ told }) => told.received.length);
        await Promise.all(others.map(({ told }, i) => told.untilReceived(counts[i]! + 20)));
        expect(victim!.told.reason).toBe("disconnected");
        expect(others.flatMap(({ told }) => told.endings)).toEqual([]);
        const ids = new Set(others.map(({ routingId }) => routingId.toString("hex")));
        expect([...heard.departed].some((id) => ids.has(id))).toBe(false);
      });

      test("can cut off many peers at once, and unknown ones", async () => {
        const { listener, heard } = await listen();
        const peers = Array.from({ length: 20 }, () => dial(listener));
        for (const { dialer } of peers) dialer.send(message("hello"));
        await heard.untilReceived(20);
        await Promise.all([
          listener.disconnect(newRoutingId()),
          ...peers.map(({ routingId }) => listener.disconnect(routingId)),
        ]);
        await Promise.all(peers.map(({ told }) => told.untilClosed()));
        expect(peers.map(({ told }) => told.reason)).toEqual(peers.map(() => "disconnected"));
      });

      test("closes while peers send, and tells nothing after it", async () => {
        const { listener, heard } = await listen();
        const peers = Array.from({ length: 4 }, () => dial(listener));
        for (const { dialer } of peers) {
          for (let i = 0; i < 50; i += 1) dialer.send([Buffer.alloc(1000)]);
        }
        await heard.untilReceived(10);
        const first = listener.close();
        const count = heard.received.length;
        expect(listener.close()).toBe(first);
        await first;
        await Promise.all(peers.map(({ told }) => told.untilClosed()));
        expect(heard.received.length).toBe(count);
        expect(listener.send(peers[0]!.routingId, message("more"))).toBe(0);
        await listener.disconnect(peers[0]!.routingId);
      });
    });

    describe("a probe", () => {
      const probe = (endpoint: string) => factory.probe?.(endpoint, 2_000);

      test("is answered where somebody listens, and nowhere else", async () => {
        const { listener } = await listen();
        expect(await probe(listener.endpoint)).toBe(true);
        await listener.close();
        expect(await probe(listener.endpoint)).toBe(false);
        expect(await probe(socketCase.malformed)).toBe(false);
      });

      test("is nothing that the listener or its peers get to know of, and leaves nothing behind", async () => {
        const { listener, heard, dialer, told } = await connected();
        const before = { files: openFiles(), resources: process.getActiveResourcesInfo().length };
        for (let round = 0; round < 20; round += 1) {
          const answers = await Promise.all(Array.from({ length: 20 }, () => probe(listener.endpoint)));
          expect(answers).not.toContain(false);
        }
        dialer.send(message("after"));
        await heard.untilReceived(2);
        expect([heard.texts, [...heard.departed], told.endings]).toEqual([[["hello"], ["after"]], [], []]);
        // The ends of the last few close a moment later.
        expect(openFiles()).toBeLessThan(before.files + 30);
        expect(process.getActiveResourcesInfo().length).toBeLessThan(before.resources + 30);
      });
    });

    test("1,000 connections opened and closed leave nothing behind", async () => {
      const { listener, heard } = await listen();
      const { dialer } = dial(listener);
      dialer.send(message("warm"));
      await heard.untilReceived(1);
      await dialer.close();
      const before = { files: openFiles(), resources: process.getActiveResourcesInfo().length };
      for (let round = 0; round < 50; round += 1) {
        const peers: { dialer: Dialer; routingId: Buffer }[] = [];
        for (let i = 0; i < 20; i += 1) {
          const peer = dial(listener);
          peer.dialer.send(message("x"));
          peers.push(peer);
        }
        await Promise.all(peers.map((peer) => peer.dialer.close()));
        await Promise.all(peers.map((peer) => heard.untilLeft(peer.routingId)));
        open.length = 1;
      }
      expect(heard.received.length).toBe(1001);
      // ZeroMQ's own threads close the last few descriptors a moment later.
      expect(openFiles()).toBeLessThan(before.files + 100);
      expect(process.getActiveResourcesInfo().length).toBeLessThan(before.resources + 20);
    });
  });
}

function once(handler: (...args: never[]) => void): () => void {
  let called = false;
  return () => {
    if (called) return;
    called = true;
    handler();
  };
}

function openFiles(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

import { afterEach, describe, expect, test } from "vitest";
import { memoryNetwork } from "../../src/socket/memory-socket.js";
import type { SocketFactory } from "../../src/socket/socket.js";
import { fakeClock, faults } from "../../src/testing/index.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "./socket-probe.js";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

async function listenOn(network: SocketFactory, endpoint = "memory://*") {
  const heard = new ListenerProbe();
  const listener = await network.listen(endpoint, heard);
  open.push(listener);
  heard.onMessage = (id, parts) => listener.send(id, parts);
  return { listener, heard, endpoint: listener.endpoint };
}

function dialOn(network: SocketFactory, endpoint: string) {
  const told = new DialerProbe();
  const dialer = network.dial(endpoint, told, { routingId: newRoutingId() });
  open.push(dialer);
  return { dialer, told };
}

async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

describe("a probe through faults", () => {
  test("of a refused endpoint finds nobody", async () => {
    const network = faults();
    const { endpoint } = await listenOn(network);
    network.refuse(endpoint);
    expect(await network.probe?.(endpoint, 1_000)).toBe(false);
    network.accept(endpoint);
    expect(await network.probe?.(endpoint, 1_000)).toBe(true);
  });

  test("of a paused endpoint gets no answer within its time", async () => {
    const clock = fakeClock();
    const network = faults({ clock });
    const { endpoint } = await listenOn(network);
    const other = await listenOn(network);
    network.pause(endpoint);
    const answers: boolean[] = [];
    const probing = network.probe?.(endpoint, 1_000).then((answer) => answers.push(answer));
    expect(await network.probe?.(other.endpoint, 1_000)).toBe(true);
    clock.advance(999);
    await turns();
    expect(answers).toEqual([]);
    clock.advance(1);
    await probing;
    expect([answers, clock.timers]).toEqual([[false], 0]);
  });

  test("is answered when the endpoint goes on in time", async () => {
    const clock = fakeClock();
    const network = faults({ clock });
    const { endpoint } = await listenOn(network);
    network.pause();
    const answer = network.probe?.(endpoint, 1_000);
    network.resume();
    clock.advance(1_000);
    expect(await answer).toBe(true);
  });

  test("can't be made where the network below has none", () => {
    const memory = memoryNetwork();
    const mute = { listen: memory.listen.bind(memory), dial: memory.dial.bind(memory) };
    expect(faults({ network: mute }).probe).toBeUndefined();
  });
});

describe("a stalled endpoint", () => {
  test("answers probes and opens connections, and nothing else, until it goes on", async () => {
    const network = faults();
    const { endpoint, heard } = await listenOn(network);
    network.stall(endpoint);
    const { dialer, told } = dialOn(network, endpoint);
    await told.untilOpened();
    dialer.send(message("hello"));
    expect(await network.probe?.(endpoint, 1_000)).toBe(true);
    await turns();
    expect(heard.received).toEqual([]);
    network.resume(endpoint);
    await told.untilReceived(1);
    expect([heard.texts, told.texts]).toEqual([[["hello"]], [["hello"]]]);
  });

  test("that is paused, too, answers nothing, and one that is healed goes on", async () => {
    const clock = fakeClock();
    const network = faults({ clock });
    const { endpoint } = await listenOn(network);
    network.stall();
    network.pause();
    const { dialer, told } = dialOn(network, endpoint);
    dialer.send(message("hello"));
    const answer = network.probe?.(endpoint, 1_000);
    await turns();
    clock.advance(1_000);
    expect([await answer, told.openings]).toEqual([false, 0]);
    network.heal();
    await told.untilReceived(1);
  });
});

describe("a process with a network of its own", () => {
  async function process() {
    const shared = memoryNetwork();
    const own = faults({ network: shared });
    const server = await listenOn(own);
    const client = dialOn(shared, server.endpoint);
    client.dialer.send(message("before"));
    await client.told.untilReceived(1);
    return { shared, own, ...server, ...client };
  }

  test.each(["pause", "stall"] as const)(
    "stands still for all others after %s(), and loses nothing",
    async (how) => {
      const { shared, own, listener, heard, dialer, told, endpoint } = await process();
      own[how]();
      dialer.send(message("in"));
      listener.send(heard.received[0]!.routingId, message("out"));
      expect(await shared.probe?.(endpoint, 1_000)).toBe(how === "stall");
      await turns();
      expect([heard.received.length, told.received.length]).toEqual([1, 1]);
      own.resume();
      await told.untilReceived(3);
      expect(await shared.probe?.(endpoint, 1_000)).toBe(true);
      expect(told.texts).toEqual([["before"], ["out"], ["in"]]);
    },
  );

  test("learns who has left when it goes on", async () => {
    const { own, heard, dialer } = await process();
    own.pause();
    await dialer.close();
    await turns();
    expect(heard.departed.size).toBe(0);
    own.resume();
    await heard.untilLeft(heard.received[0]!.routingId);
  });

  test("is paused before it listens: nothing arrives until it goes on", async () => {
    const shared = memoryNetwork();
    const own = faults({ network: shared });
    own.pause("memory://late");
    const { heard } = await listenOn(own, "memory://late");
    const { dialer } = dialOn(shared, "memory://late");
    dialer.send(message("hello"));
    await turns();
    expect(heard.received).toEqual([]);
    own.resume();
    await heard.untilReceived(1);
  });

  test("can be closed while it stands still", async () => {
    const { own, listener, heard, dialer, told, endpoint } = await process();
    own.pause();
    dialer.send(message("lost"));
    listener.send(heard.received[0]!.routingId, message("lost, too"));
    await listener.disconnect(heard.received[0]!.routingId);
    await turns();
    await listener.close();
    await told.untilClosed();
    expect(listener.send(heard.received[0]!.routingId, message("late"))).toBe(0);
    own.resume();
    await turns();
    expect([heard.received.length, told.received.length, heard.departed.size]).toEqual([1, 1, 0]);
    expect(await own.probe?.(endpoint, 1_000)).toBe(false);
  });
});

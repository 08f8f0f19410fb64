import { expect, test } from "vitest";
import { memoryNetwork } from "../../../src/socket/memory-socket.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "../../contract/socket-probe.js";

test("Networks do not know each other", async () => {
  const listener = await memoryNetwork().listen("memory://greeter", new ListenerProbe());
  const told = new DialerProbe();
  memoryNetwork().dial(listener.endpoint, told, { routingId: newRoutingId() });
  await told.untilClosed();
  expect(told.reason).toBe("refused");
});

test("A dialer that sends more than the limit in one turn ends, after what had fitted has arrived", async () => {
  const network = memoryNetwork({ highWaterMark: 10 });
  const heard = new ListenerProbe();
  const listener = await network.listen("memory://*", heard);
  const told = new DialerProbe();
  const dialer = network.dial(listener.endpoint, told, { routingId: newRoutingId() });
  const sent = Array.from({ length: 12 }, (_, i) => dialer.send(message(`${i}`)));
  await told.untilClosed();
  expect(sent).toEqual([...Array(10).fill(1), 0, 0]);
  expect(heard.received.length).toBe(10);
  expect([told.reason, told.endings[0]!.cause]).toMatchObject(["disconnected", { reason: "QUEUE_FULL" }]);
});

test("A peer to which more than the limit is sent in one turn is cut off and reported", async () => {
  const network = memoryNetwork({ highWaterMark: 10 });
  const heard = new ListenerProbe();
  const listener = await network.listen("memory://*", heard);
  const told = new DialerProbe();
  const routingId = newRoutingId();
  network.dial(listener.endpoint, told, { routingId });
  for (let i = 0; i < 11; i += 1) listener.send(routingId, message(`${i}`));
  await heard.untilLeft(routingId);
  await told.untilClosed();
  expect([told.received.length, told.reason]).toEqual([10, "disconnected"]);
});

test("What is sent across the network arrives in the order in which it was sent", async () => {
  const network = memoryNetwork();
  const order: string[] = [];
  const heard = new ListenerProbe();
  heard.onMessage = (_, parts) => order.push(String(parts[0]));
  const listeners = await Promise.all([
    network.listen("memory://a", heard),
    network.listen("memory://b", heard),
  ]);
  const dialers = listeners.flatMap(({ endpoint }) =>
    [1, 2].map(() => network.dial(endpoint, new DialerProbe(), { routingId: newRoutingId() })),
  );
  const texts = Array.from({ length: 40 }, (_, i) => `${i}`);
  texts.forEach((text, i) => {
    dialers[(i * 7) % 4]!.send(message(text));
  });
  await heard.untilReceived(40);
  expect(order).toEqual(texts);
});

test("Parts are not copied", async () => {
  const network = memoryNetwork();
  const heard = new ListenerProbe();
  const listener = await network.listen("memory://*", heard);
  const bytes = new Uint8Array(1000);
  network.dial(listener.endpoint, new DialerProbe(), { routingId: newRoutingId() }).send([bytes]);
  await heard.untilReceived(1);
  expect(heard.received[0]!.parts[0]!.buffer).toBe(bytes.buffer);
});

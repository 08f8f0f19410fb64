import { expect, test } from "vitest";
import { composeSockets } from "../../../src/socket/compose-sockets.js";
import { memoryNetwork } from "../../../src/socket/memory-socket.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "../../contract/socket-probe.js";

const factory = composeSockets({ memory: memoryNetwork(), other: memoryNetwork() });

test("An endpoint is served by the factory of its scheme", async () => {
  const heard = new ListenerProbe();
  const listener = await factory.listen("memory://greeter", heard);
  const dialer = factory.dial("memory://greeter", new DialerProbe(), { routingId: newRoutingId() });
  dialer.send(message("hello"));
  await heard.untilReceived(1);
  expect(listener.endpoint).toBe("memory://greeter");
});

test.each(["tcp://127.0.0.1:*", "memory", "", "constructor://x"])(
  "An endpoint of an unknown scheme, %j, is refused with the schemes that exist",
  async (endpoint) => {
    const wanted = {
      reason: "BAD_OPTION",
      rawMessage: `${JSON.stringify(endpoint)} has no known scheme; the schemes here are memory://, other://`,
    };
    const told = new DialerProbe();
    const dialer = factory.dial(endpoint, told, { routingId: newRoutingId() });
    expect(dialer.send(message("hello"))).toBe(0);
    await told.untilClosed();
    expect(told.reason).toBe("unresolved");
    expect(told.endings[0]!.cause).toMatchObject(wanted);
    await expect(factory.listen(endpoint, new ListenerProbe())).rejects.toMatchObject(wanted);
    await dialer.close();
  },
);

test("A probe goes to the factory of the endpoint's scheme; where there is none nobody listens", async () => {
  const bound = await factory.listen("memory://probed", new ListenerProbe());
  expect(await factory.probe?.("memory://probed", 1_000)).toBe(true);
  expect(await factory.probe?.("other://probed", 1_000)).toBe(false);
  expect(await factory.probe?.("tcp://127.0.0.1:1", 1_000)).toBe(false);
  await bound.close();
});

test("There are no probes if one of the factories has none", () => {
  const memory = memoryNetwork();
  const mute = { listen: memory.listen.bind(memory), dial: memory.dial.bind(memory) };
  expect(composeSockets({ memory, mute }).probe).toBeUndefined();
});

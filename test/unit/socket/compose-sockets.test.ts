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

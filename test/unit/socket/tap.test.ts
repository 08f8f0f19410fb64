import { expect, test } from "vitest";
import { memoryNetwork } from "../../../src/socket/memory-socket.js";
import type { Tap, TappedMessage } from "../../../src/socket/socket.js";
import { tapped } from "../../../src/socket/tap.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "../../contract/socket-probe.js";

async function connect(tap: Tap, onError?: (error: unknown) => void) {
  const network = memoryNetwork();
  const factory = tapped(network, tap, onError);
  const heard = new ListenerProbe();
  const told = new DialerProbe();
  const listener = await factory.listen("memory://*", heard);
  // The dialer is plain, so that every message passes the tap once.
  const dialer = network.dial(listener.endpoint, told, { routingId: newRoutingId() });
  dialer.send(message("one", "two"));
  await heard.untilReceived(1);
  return { listener, heard, dialer, told, id: heard.received[0]!.routingId };
}

test("A tap sees every message with direction and endpoint, and changes what travels on", async () => {
  const seen: [TappedMessage["direction"], string, string[]][] = [];
  const { listener, heard, told, id } = await connect(({ direction, endpoint, parts }) => {
    seen.push([direction, endpoint, parts.map(String)]);
    return [new Uint8Array([33]), ...parts];
  });
  expect(listener.send(id, message("three"))).toBe(6);
  await told.untilReceived(1);
  expect(seen.map(([direction, endpoint]) => [direction, endpoint])).toEqual([
    ["in", listener.endpoint],
    ["out", listener.endpoint],
  ]);
  expect(heard.texts).toEqual([["!", "one", "two"]]);
  expect(heard.received[0]!.parts.every((part) => Buffer.isBuffer(part))).toBe(true);
  expect(heard.bytes).toBe(6);
  expect(told.texts).toEqual([["!", "three"]]);
});

test("A dropped message is counted as it came, and nothing goes out in its place", async () => {
  const { listener, heard, told, id } = await connect(({ parts }) =>
    String(parts[0]) === "pass" ? parts : undefined,
  );
  expect(heard.received.map(({ parts }) => parts)).toEqual([[]]);
  expect(heard.bytes).toBe(6);
  expect(listener.send(id, message("drop"))).toBe(0);
  expect(listener.send(id, message("pass"))).toBe(4);
  await told.untilReceived(1);
  expect(told.texts).toEqual([["pass"]]);
});

test("A tap that throws lets the message pass unchanged, and the error is reported", async () => {
  const errors: unknown[] = [];
  const fault = new Error("tap");
  const { listener, heard, told, id } = await connect(
    () => {
      throw fault;
    },
    (error) => errors.push(error),
  );
  listener.send(id, message("out"));
  await told.untilReceived(1);
  expect([heard.texts, told.texts]).toEqual([[["one", "two"]], [["out"]]]);
  expect(errors).toEqual([fault, fault]);
});

test("Taps on taps: what the inner one dropped, the outer one is not shown", async () => {
  const shown: string[] = [];
  const network = memoryNetwork();
  const inner = tapped(network, ({ parts }) => (String(parts[0]) === "secret" ? undefined : parts));
  const outer = tapped(inner, ({ parts }) => {
    shown.push(String(parts[0]));
    return parts;
  });
  const heard = new ListenerProbe();
  const listener = await outer.listen("memory://*", heard);
  const dialer = network.dial(listener.endpoint, new DialerProbe(), { routingId: newRoutingId() });
  dialer.send(message("secret"));
  dialer.send(message("open"));
  await heard.untilReceived(2);
  expect(shown).toEqual(["open"]);
  expect(heard.received.map(({ parts }) => parts.length)).toEqual([0, 1]);
  expect(heard.bytes).toBe(10);
});

import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { zmqSockets } from "../../src/socket/zmq-socket.js";
import { until } from "../support/within.js";
import { DialerProbe, ListenerProbe, message, newRoutingId } from "./socket-probe.js";

const program = fileURLToPath(new URL("./socket-child.ts", import.meta.url));
/** The shortest that the kernel's own timers can keep. */
const PEER_TIMEOUT_MS = 1_000;
const PROBE_MS = 500;
/** For one that has to be answered: on a busy machine the process may go on late, and the kernel asks it again after 1, 3 and 7 s. */
const PATIENT_PROBE_MS = 20_000;

describe("the other end in another process", () => {
  const children: ChildProcess[] = [];
  const open: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await Promise.all(open.splice(0).map((socket) => socket[Symbol.asyncDispose]()));
  });

  function start(...args: string[]): ChildProcess {
    const child = fork(program, args, { execArgv: ["--import", "tsx"] });
    children.push(child);
    return child;
  }

  async function dialChild() {
    const child = start("listen");
    const [endpoint] = (await once(child, "message")) as [string];
    const told = new DialerProbe();
    const sockets = zmqSockets({ peerTimeoutMs: PEER_TIMEOUT_MS });
    const dialer = sockets.dial(endpoint, told, { routingId: newRoutingId() });
    open.push(dialer);
    dialer.send(message("hello"));
    await told.untilReceived(1);
    return { child, dialer, told, probe: (ms = PROBE_MS) => sockets.probe?.(endpoint, ms) };
  }

  async function listenForChild() {
    const heard = new ListenerProbe();
    const listener = await zmqSockets({ peerTimeoutMs: PEER_TIMEOUT_MS }).listen("tcp://127.0.0.1:*", heard);
    open.push(listener);
    const child = start("dial", listener.endpoint);
    await heard.untilReceived(1);
    return { child, listener, heard, routingId: heard.received[0]!.routingId };
  }

  test("is killed: its dialer is told within a second", async () => {
    const { child, told } = await dialChild();
    const killedAt = performance.now();
    child.kill("SIGKILL");
    await told.untilClosed();
    expect(told.reason).toBe("disconnected");
    expect(performance.now() - killedAt).toBeLessThan(1_000);
  });

  test("is killed: its listener is told who left within a second", async () => {
    const { child, heard, routingId } = await listenForChild();
    const killedAt = performance.now();
    child.kill("SIGKILL");
    await heard.untilLeft(routingId);
    expect(performance.now() - killedAt).toBeLessThan(1_000);
  });

  test("blocks its event loop: the connection stays and it answers", async () => {
    const { dialer, told } = await dialChild();
    dialer.send(message("block 1500"));
    await told.untilReceived(2);
    expect(told.texts[1]).toEqual(["block 1500"]);
    expect(told.endings).toEqual([]);
  });

  test("blocks its event loop: it answers probes, and is not aware of them", async () => {
    const { dialer, told, probe } = await dialChild();
    for (const text of ["before", "block 1000"]) dialer.send(message(text));
    await told.untilReceived(2);
    const probes = await Promise.all(Array.from({ length: 50 }, () => probe()));
    expect(told.texts).toEqual([["hello"], ["before"]]);
    expect(new Set(probes)).toEqual(new Set([true]));
    await told.untilReceived(3);
    expect([told.texts[2], told.endings]).toEqual([["block 1000"], []]);
  });

  test("is stopped: it answers no probe until it goes on, however many there were", async () => {
    const { child, dialer, told, probe } = await dialChild();
    child.kill("SIGSTOP");
    await until(2_000, "the process to stand still", () => stateOf(child).startsWith("T"));
    // More than fit into the queue of connections that wait to be accepted.
    const probes = await Promise.all(Array.from({ length: 200 }, () => probe()));
    expect(new Set(probes)).toEqual(new Set([false]));
    child.kill("SIGCONT");
    expect(await probe(PATIENT_PROBE_MS)).toBe(true);
    dialer.send(message("still here"));
    await told.untilReceived(2);
    expect(told.endings).toEqual([]);
  });

  test("is killed: a probe of it is refused", async () => {
    const { child, probe } = await dialChild();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await probe()).toBe(false);
  });

  test("is stopped while much is on the way to it: its dialer is told when its kernel takes no more", async () => {
    const { child, dialer, told } = await dialChild();
    child.kill("SIGSTOP");
    for (let i = 0; i < 20; i += 1) dialer.send([Buffer.alloc(1024 * 1024)]);
    await told.untilClosed();
    expect(told.reason).toBe("disconnected");
  });

  test.each(["listen", "dial"])("exits with its sockets open (%s): nothing holds it up", async (role) => {
    const { child } = role === "listen" ? await dialChild() : await listenForChild();
    child.send("exit");
    const [code, signal] = await once(child, "exit");
    expect([code, signal]).toEqual([0, null]);
  });
});

/** As the system shows it: T for one that is stopped. */
function stateOf({ pid }: ChildProcess): string {
  if (process.platform !== "linux") return String(execFileSync("ps", ["-o", "state=", "-p", String(pid)]));
  return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}

import { afterEach, describe, expect, test } from "vitest";
import { Directory } from "../../src/discovery/directory/directory.js";
import { Code, HeliographError } from "../../src/index.js";
import type { Announcement, InstanceInfo } from "../../src/naming/instance.js";
import type { InstanceListener, OpenResolver, Resolver, ResolverHost } from "../../src/naming/resolver.js";
import { fakeClock } from "../../src/testing/index.js";
import { announcementOf, recordingHost, watching } from "../support/resolver-host.js";

const SERVICE = "example.v1.GreeterService";
const clock = fakeClock();

/** A resolver that says and does what a test tells it. */
class HandResolver implements Resolver, OpenResolver {
  readonly name: string;
  readonly listeners = new Map<string, InstanceListener>();
  readonly announced: {
    announcement: Announcement;
    resolve(): void;
    reject(error: HeliographError): void;
  }[] = [];
  host: ResolverHost | undefined;
  opened = 0;
  withdrawn = 0;
  closed = 0;

  constructor(name: string) {
    this.name = name;
  }

  open(host: ResolverHost): OpenResolver {
    this.host = host;
    this.opened++;
    return this;
  }

  watch(service: string, listener: InstanceListener): () => void {
    this.listeners.set(service, listener);
    return () => this.listeners.delete(service);
  }

  announce(announcement: Announcement): Promise<void> {
    return new Promise((resolve, reject) => this.announced.push({ announcement, resolve, reject }));
  }

  async withdraw(): Promise<void> {
    this.withdrawn++;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  say(...instances: readonly InstanceInfo[]): void {
    this.listeners.get(SERVICE)?.update(instances);
  }

  fail(text: string): void {
    this.listeners
      .get(SERVICE)
      ?.failed(new HeliographError(Code.Unavailable, text, { reason: "NO_INSTANCE" }));
  }
}

function throwing(): never {
  throw new Error("no");
}

const one = () => new HandResolver("registry one");
const two = () => new HandResolver("dns two");

afterEach(() => clock.advanceAsync(10_000));

describe("a directory", () => {
  test("opens its resolvers when they are first wanted, and once", async () => {
    const resolver = one();
    const { directory } = make(resolver);
    await clock.advanceAsync(1_000);
    await directory.withdraw();
    expect(resolver.opened).toBe(0);
    watching(directory, SERVICE);
    watching(directory, "");
    void directory.announce(announcementOf("me"));
    expect(resolver.opened).toBe(1);
    expect([...resolver.listeners.keys()]).toEqual([SERVICE, ""]);
  });

  test("tells what all of them know, once all have answered", async () => {
    const [a, b] = [one(), two()];
    const { directory } = make(a, b);
    const seen = watching(directory, SERVICE);
    a.say(of("x"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([]);
    b.say(of("y"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["x", "y"]]);
    b.say();
    a.say(of("x"), of("z"));
    await clock.advanceAsync(0);
    // Both in one turn: told once.
    expect(seen.lists).toEqual([
      ["x", "y"],
      ["x", "z"],
    ]);
  });

  test("waits no longer than a moment for those that don't answer", async () => {
    const [a, b] = [one(), two()];
    const { directory } = make(a, b);
    const seen = watching(directory, SERVICE);
    a.say(of("x"));
    await clock.advanceAsync(99);
    expect(seen.lists).toEqual([]);
    await clock.advanceAsync(1);
    expect(seen.lists).toEqual([["x"]]);
    b.say(of("y"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["x"], ["x", "y"]]);
  });

  test("goes on with the others when one is lost, and tells of the loss of all of them, with each one's reason", async () => {
    const [a, b] = [one(), two()];
    const { directory } = make(a, b);
    const seen = watching(directory, SERVICE);
    a.fail("nobody listens");
    b.say(of("y"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["y"]]);
    expect(seen.failures).toEqual([]);
    b.fail("no answer");
    await clock.advanceAsync(0);
    expect(seen.failures).toMatchObject([{ code: Code.Unavailable, reason: "DISCOVERY_LOST" }]);
    expect(seen.failures[0]?.rawMessage).toBe(
      "nobody can be asked who is there: registry one: nobody listens; dns two: no answer",
    );
    expect(seen.lists).toEqual([["y"]]);
    const late = watching(directory, SERVICE);
    await clock.advanceAsync(0);
    expect(late.lists).toEqual([["y"]]);
    expect(late.failures).toHaveLength(1);
    a.say(of("y"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["y"], ["y"]]);
  });

  test("keeps what a source has told that is lost before the others have answered", async () => {
    const [a, b] = [one(), two()];
    const { directory } = make(a, b);
    const seen = watching(directory, SERVICE);
    a.say(of("x"));
    a.fail("its connection broke");
    b.fail("no answer");
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["x"]]);
    expect(seen.failures).toMatchObject([{ reason: "DISCOVERY_LOST" }]);
  });

  test("keeps no ghost of a source that is lost for good", async () => {
    const [a, b] = [one(), two()];
    const { directory } = make(a, b);
    const seen = watching(directory, SERVICE);
    a.say(of("x"), of("y"), of("only-a"));
    b.say(of("x"), of("y"));
    await clock.advanceAsync(1_000);
    a.fail("gone");
    await clock.advanceAsync(1_000);
    b.say({ ...of("x"), state: "suspect" });
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["only-a", "x"]);
    expect(seen.last().find(({ instance }) => instance === "x")?.state).toBe("suspect");
    // And believes the lost one again when it is back.
    a.say(of("x"), of("y"), of("only-a"));
    await clock.advanceAsync(0);
    expect(seen.lists.at(-1)).toEqual(["only-a", "x", "y"]);
    expect(seen.last().find(({ instance }) => instance === "x")?.state).toBe("alive");
  });

  test("of a node that asks nobody says so", async () => {
    const { directory } = make();
    const seen = watching(directory, SERVICE);
    expect(seen.failures).toEqual([]);
    await clock.advanceAsync(0);
    expect(seen.failures).toMatchObject([{ code: Code.FailedPrecondition, reason: "DISCOVERY_OFF" }]);
    await directory.announce(announcementOf("me"));
  });

  test("follows a service for a moment longer than anybody wants it", async () => {
    const a = one();
    const { directory } = make(a);
    const seen = watching(directory, SERVICE);
    a.say(of("x"));
    await clock.advanceAsync(0);
    seen.end();
    seen.end();
    await clock.advanceAsync(1_999);
    const again = watching(directory, SERVICE);
    expect(again.lists).toEqual([]);
    await clock.advanceAsync(10_000);
    expect(again.lists).toEqual([["x"]]);
    expect(a.listeners.size).toBe(1);
    again.end();
    await clock.advanceAsync(2_000);
    expect(a.listeners.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test("announces everywhere, and is content with the first that has it", async () => {
    const [a, b] = [one(), two()];
    const { directory, host } = make(a, b);
    let done = false;
    const announced = directory.announce(announcementOf("me")).then(() => {
      done = true;
    });
    a.announced[0]?.reject(new HeliographError(Code.Unavailable, "nobody listens"));
    await clock.advanceAsync(0);
    expect(done).toBe(false);
    b.announced[0]?.resolve();
    await announced;
    expect(host.warnings).toEqual([]);
  });

  test("lets nobody wait when it can be announced nowhere, and logs why", async () => {
    const [a, b] = [one(), two()];
    const { directory, host } = make(a, b);
    const announced = directory.announce(announcementOf("me"));
    for (const { announced: made } of [a, b])
      made[0]?.reject(new HeliographError(Code.Unavailable, "nobody listens"));
    await announced;
    expect(host.warnings).toHaveLength(1);
    const { directory: reading } = make({
      name: "dns",
      open: () => ({ watch: () => () => {}, close: async () => {} }),
    });
    await reading.announce(announcementOf("me"));
  });

  test.each([
    ["a resolver that is back", true],
    ["a later announcement", false],
  ])("takes the warning back, once, after %s", async (_, isBack) => {
    const [a, b] = [one(), two()];
    const { directory, host } = make(a, b);
    const first = directory.announce(announcementOf("me"));
    a.host?.back("one");
    expect(host.warnings).toEqual([]);
    for (const { announced: made } of [a, b])
      made[0]?.reject(new HeliographError(Code.Unavailable, "nobody listens"));
    await first;
    expect(host.warnings).toHaveLength(1);
    if (isBack) a.host?.back("one");
    else {
      const second = directory.announce(announcementOf("me", { version: 2 }));
      b.announced[1]?.resolve();
      await second;
    }
    b.host?.back("two");
    expect(host.warnings.slice(1)).toEqual(["others can find this node now {}"]);
    expect(host.told).toEqual(isBack ? ["back", "back", "back"] : ["back", "back"]);
  });

  test("says where it can't be announced for good, though others have it", async () => {
    const [a, b] = [one(), two()];
    const { directory, host } = make(a, b);
    const announced = directory.announce(announcementOf("me"));
    a.announced[0]?.reject(new HeliographError(Code.ResourceExhausted, "it has too many services"));
    b.announced[0]?.resolve();
    await announced;
    expect(host.warnings).toHaveLength(1);
  });

  test.each([
    ["fail to", () => Promise.reject(new Error("no"))],
    ["throw", throwing],
  ])("withdraws from all, and closes all, also those that %s", async (_, fail) => {
    const [a, b] = [one(), two()];
    a.withdraw = fail;
    a.close = fail;
    const { directory, host } = make(a, b);
    void directory.announce(announcementOf("me"));
    await directory.withdraw();
    const closing = directory.close();
    expect(directory.close()).toBe(closing);
    await closing;
    expect([b.withdrawn, b.closed]).toEqual([1, 1]);
    expect(host.warnings).toEqual([
      expect.stringMatching(/could not withdraw the node.*registry one/),
      expect.stringMatching(/could not close.*registry one/),
    ]);
  });

  test("waits for none that hangs when it is to leave, nor when it is to close, and names it", async () => {
    const [a, b] = [one(), two()];
    a.withdraw = () => new Promise(() => {});
    a.close = () => new Promise(() => {});
    const { directory, host } = make(a, b);
    void directory.announce(announcementOf("me"));
    const done: string[] = [];
    const leaving = directory.withdraw().then(() => done.push("withdrawn"));
    await clock.advanceAsync(2_900);
    expect(done).toEqual([]);
    await clock.advanceAsync(100);
    await leaving;
    expect(host.warnings).toEqual([
      expect.stringMatching(/did not withdraw the node within 3000 ms.*registry one/),
    ]);
    const closing = directory.close().then(() => done.push("closed"));
    await clock.advanceAsync(3_000);
    await closing;
    expect(host.warnings).toHaveLength(2);
    expect(host.warnings[1]).toMatch(/did not close within 3000 ms.*registry one/);
    expect([b.withdrawn, b.closed]).toEqual([1, 1]);
  });

  test("ends each watch with one last word when it is closed, and gives later ones no other", async () => {
    const a = one();
    const { directory } = make(a);
    const seen = watching(directory, SERVICE);
    const left = watching(directory, SERVICE);
    a.say(of("x"));
    await clock.advanceAsync(0);
    left.end();
    a.say(of("y"));
    await directory.close();
    await clock.advanceAsync(10_000);
    expect(seen.lists).toEqual([["x"]]);
    expect(seen.failures).toMatchObject([{ code: Code.Cancelled, reason: "CONNECTION_CLOSED" }]);
    expect(left.failures).toEqual([]);
    const late = watching(directory, SERVICE);
    const brief = watching(directory, SERVICE);
    brief.end();
    await clock.advanceAsync(0);
    expect(late.failures).toHaveLength(1);
    expect(brief.failures).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test("lets no listener that throws keep the others from hearing", async () => {
    const a = one();
    const { directory, host } = make(a);
    directory.watch(SERVICE, {
      update: () => {
        throw new Error("broken");
      },
      failed: () => {},
    });
    const seen = watching(directory, SERVICE);
    a.say(of("x"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([["x"]]);
    expect(host.warnings).toHaveLength(1);
  });

  test("does not call one whom another has just told to stop", async () => {
    const a = one();
    const { directory } = make(a);
    let end = () => {};
    directory.watch(SERVICE, { update: () => end(), failed: () => {} });
    const seen = watching(directory, SERVICE);
    end = seen.end;
    a.say(of("x"));
    await clock.advanceAsync(0);
    expect(seen.lists).toEqual([]);
  });
});

function make(...resolvers: readonly Resolver[]) {
  const host = recordingHost(clock);
  return { directory: new Directory(resolvers, host), host };
}

function of(instance: string): InstanceInfo {
  const endpoints = [`tcp://192.0.2.1:${5_000 + (instance.codePointAt(0) ?? 0)}`];
  return { ...announcementOf(instance, { endpoints }), state: "alive", load: undefined };
}

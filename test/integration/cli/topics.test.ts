import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RobotService } from "../../../examples/gen/example/v1/robot_heliograph.js";
import { run } from "../../../src/cli/program.js";
import { emitEvent, onEvent, subscribe } from "../../../src/index.js";
import { type FakeTerminal, fakeTerminal, helio } from "../../unit/cli/fake-terminal.js";
import { startTopicNodes, type TopicNodes } from "./topic-nodes.js";

const TOPIC = RobotService.temperature.path;

let nodes: TopicNodes;

beforeAll(async () => {
  nodes = await startTopicNodes();
});

afterAll(() => nodes[Symbol.asyncDispose]());

/** A command that goes on. */
function begin(...args: readonly string[]): {
  readonly terminal: FakeTerminal;
  readonly ended: Promise<number>;
} {
  const terminal = fakeTerminal();
  return { terminal, ended: run([...args, ...nodes.at], terminal) };
}

function json(lines: readonly string[]): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("helio sub", () => {
  test("prints what is published as JSON, with subject, sequence and publisher, until all have ended", async () => {
    await using robot = await closing("sub-json", { history: 5 });
    await robot.publisher.publish({ room: "hall", celsius: 1 });
    const { terminal, ended } = begin("sub", "Robot/Temperature", "--json", "--history", "5");
    await robot.publisher.ready();
    await robot.publisher.publish({ room: "hall", celsius: 2 });
    await robot.publisher.publish({ room: "kitchen/2", celsius: 21.5 });
    robot.publisher.end();
    expect(await ended).toBe(0);
    const publisher = { node: "sub-json", instance: robot.node.instance };
    const common = { missed: 0, publisher, sentAt: expect.stringMatching(/^20.*Z$/) };
    expect(json(terminal.out)).toEqual([
      {
        ...common,
        subject: "hall",
        key: { room: "hall" },
        sequence: 1,
        history: true,
        message: { room: "hall", celsius: 1 },
      },
      {
        ...common,
        subject: "hall",
        key: { room: "hall" },
        sequence: 2,
        history: false,
        message: { room: "hall", celsius: 2 },
      },
      {
        ...common,
        subject: "kitchen%2F2",
        key: { room: "kitchen/2" },
        sequence: 1,
        history: false,
        message: { room: "kitchen/2", celsius: 21.5 },
      },
    ]);
    expect(terminal.err.at(-1)).toMatch(/^sub-json \([0-9a-f]{8}\) has ended$/);
  });

  test("takes only what the key or a pattern says, and ends after --count", async () => {
    await using robot = await closing("sub-key");
    for (const wanted of [
      ["--key", "room=b"],
      ["--subject", "b"],
    ]) {
      const { terminal, ended } = begin("sub", TOPIC, ...wanted, "--count", "2");
      await robot.publisher.ready();
      for (const room of ["a", "b", "c", "b", "b"]) await robot.publisher.publish({ room, celsius: 3 });
      expect(await ended).toBe(0);
      expect(terminal.out).toEqual([
        expect.stringMatching(/^[\d:.]{12} {2}b {2}#\d+ {2}\{"room":"b","celsius":3\}$/),
        expect.stringMatching(/^[\d:.]{12} {2}b {2}#\d+ {2}\{"room":"b","celsius":3\}$/),
      ]);
    }
  });

  test("shows only how many come with --rate", async () => {
    await using robot = await closing("sub-rate");
    const { terminal, ended } = begin("sub", TOPIC, "--rate", "--seconds", "60", "--count", "3", "--json");
    await robot.publisher.ready();
    for (const room of ["a", "b", "a"]) await robot.publisher.publish({ room });
    expect(await ended).toBe(0);
    expect(json(terminal.out)).toEqual([
      {
        time: expect.any(String),
        rate: expect.any(Number),
        received: 3,
        missed: 0,
        subjects: 2,
      },
    ]);
  });

  test("ends with 0 on Ctrl+C", async () => {
    await using robot = await closing("sub-stop");
    const { terminal, ended } = begin("sub", TOPIC);
    await robot.publisher.ready();
    terminal.interrupt();
    expect(await ended).toBe(0);
  });

  test("tells what was missed", async () => {
    await using robot = await closing("sub-miss", { bufferSize: 1, overflow: "drop-oldest" });
    const { terminal, ended } = begin("sub", TOPIC, "--json");
    await robot.publisher.ready();
    for (let i = 0; i < 50; i++) void robot.publisher.publish({ room: "a", celsius: i });
    robot.publisher.end();
    expect(await ended).toBe(0);
    const got = json(terminal.out);
    const missed = got.reduce((sum, { missed }) => sum + Number(missed), 0);
    expect(got.length + missed).toBe(50);
    expect(missed).toBeGreaterThan(0);
    expect(terminal.err.join("\n")).toMatch(/^missed \d+ publications of a from sub-miss/m);
  });

  test("takes one node with --endpoint", async () => {
    await using robot = await closing("sub-one");
    const terminal = fakeTerminal();
    const ended = run(["sub", TOPIC, "--endpoint", robot.node.endpoints[0] ?? "", "--count", "1"], terminal);
    await robot.publisher.ready();
    await robot.publisher.publish({ room: "x" });
    expect(await ended).toBe(0);
    expect(terminal.out).toHaveLength(1);
  });

  test("says what is wrong with a name, a key or a pattern", async () => {
    await using _ = await closing("sub-wrong");
    const cases: [readonly string[], number, string][] = [
      [["Temperatur"], 1, `nobody publishes "Temperatur"; did you mean ${TOPIC}?`],
      [
        ["Robot/Temperatur"],
        1,
        'example.v1.RobotService has no topic "Temperatur"; did you mean Temperature?',
      ],
      [["Robot/Resize"], 1, "example.v1.RobotService/Resize is a pipeline, which nobody publishes"],
      [["Nothing/There"], 1, 'nobody publishes "Nothing/There"'],
      [[TOPIC, "--key", "room"], 2, '--key "room": write it as field=value'],
      [[TOPIC, "--key", "floor=1"], 2, `--key "floor=1": ${TOPIC} has no "floor" in its key; there is room`],
      [
        [TOPIC, "--key", "room=a", "--subject", "b"],
        2,
        "--key and --subject say the same in two ways: give one of them",
      ],
      [[TOPIC, "--subject", "a*"], 2, '--subject: pattern "a*" mixes text and wildcard in the level "a*"'],
    ];
    for (const [args, code, said] of cases) {
      const outcome = await helio("sub", ...args, ...nodes.at);
      expect({ args, code: outcome.code, out: outcome.out }).toEqual({ args, code, out: [] });
      expect(outcome.err[0]).toContain(said);
    }
  });
});

describe("helio pub", () => {
  test("publishes messages to those who subscribe, and waits for them", async () => {
    await using robot = await closing("pub-types");
    await using readings = subscribe(nodes.node("pub-reader"), RobotService.temperature);
    await readings.ready();
    const published = helio(
      "pub",
      "Robot/Temperature",
      '{"room":"hall","celsius":4}',
      '{"room":"b"}',
      ...nodes.at,
    );
    const got = [await readings.next(), await readings.next()].map(({ value }) => value);
    expect(got.map((each) => [each?.publisher.node, each?.subject, each?.message])).toEqual([
      ["helio", "hall", { room: "hall", celsius: 4 }],
      ["helio", "b", { room: "b", celsius: 0 }],
    ]);
    expect(await published).toEqual({
      code: 0,
      err: [],
      out: [`published 2 times on ${TOPIC}, to 1 subscriber`],
    });
    expect(robot.publisher.stats.published).toBe(0);
  });

  test("repeats messages up to --count, in their pace, and ends subscribers with --end", async () => {
    await using _ = await serving("pub-keeper");
    await using readings = subscribe(nodes.node("pub-counter"), RobotService.temperature);
    const published = helio(
      "pub",
      TOPIC,
      ...['{"room":"a"}', "--count", "5", "--rate", "1000", "--ttl-ms", "60000", "--end", "--json"],
      ...nodes.at,
    );
    expect(json((await published).out)).toEqual([
      { topic: TOPIC, published: 5, subscribers: 1, dropped: 0, left: 0 },
    ]);
    let got = 0;
    for await (const { missed } of readings) got += 1 + missed;
    expect(got).toBe(5);
  });

  test("reads messages from standard input", async () => {
    await using _ = await serving("pub-stdin");
    const terminal = fakeTerminal({}, '{"room":"a"}\n{"room":"b"}\n{"room":"c"}');
    const code = await run(
      ["pub", TOPIC, "-", "--subscribers", "0", "--count", "2", "--json", ...nodes.at],
      terminal,
    );
    expect({ code, err: terminal.err }).toEqual({ code: 0, err: [] });
    expect(json(terminal.out)).toEqual([{ topic: TOPIC, published: 2, subscribers: 0, dropped: 0, left: 0 }]);
  });

  test("ends with 1 when too few subscribers come, and with 2 for a message of another type", async () => {
    await using _ = await serving("pub-wrong");
    expect(await helio("pub", TOPIC, "--wait-ms", "1", "--subscribers", "2", ...nodes.at)).toEqual({
      code: 1,
      out: [],
      err: [
        "0 of 2 subscribers came within 1 ms; nothing was published",
        "start one first, wait longer with --wait-ms, or wait for nobody with --subscribers 0",
      ],
    });
    const wrong = await helio("pub", TOPIC, '{"romm":"x"}', "--subscribers", "0", ...nodes.at);
    expect(wrong.code).toBe(2);
    expect(wrong.err[0]).toMatch(/^the message: /);
  });

  test("says what to do where nobody tells the types", async () => {
    const { code, err } = await helio("pub", "lamp.v1.LampService/State", ...nodes.at);
    expect(code).toBe(1);
    expect(err.at(-1)).toContain("a node that publishes it or serves its service: start one");
  });
});

describe("helio emit and on", () => {
  test("emit events to those who listen to their name", async () => {
    const listener = nodes.node("listener");
    await using events = onEvent(listener, "bedroom/*");
    const outcome = await Promise.all([
      helio("emit", "bedroom/lights", '{"on":true}', ...nodes.at),
      events.next(),
    ]);
    expect(outcome[0]).toEqual({
      code: 0,
      err: [],
      out: ["published once on bedroom/lights, to 1 subscriber"],
    });
    expect(outcome[1].value?.payload).toEqual({ on: true });
    const nobody = await helio("emit", "kitchen/lights", "--wait-ms", "100", ...nodes.at);
    expect(nobody).toMatchObject({ code: 1, out: [] });
    expect(nobody.err[0]).toBe("0 of 1 listener came within 100 ms; nothing was published");
  });

  test("show events as they come, bytes in base64", async () => {
    const { terminal, ended } = begin("on", "door/**", "--count", "1", "--json");
    const door = nodes.node("door");
    await emitEvent(door, "window", null);
    const { EventService } = await import("../../../src/gen/heliograph/pubsub/v1/event_heliograph.js");
    await door.topics.get(EventService.events)?.ready();
    await emitEvent(door, "window", null);
    await emitEvent(door, "door/bell", { rung: 2, data: Buffer.from([1, 2]) });
    expect(await ended).toBe(0);
    expect(json(terminal.out)).toEqual([
      {
        event: "door/bell",
        sequence: 1,
        missed: 0,
        publisher: { node: "door", instance: door.instance },
        sentAt: expect.any(String),
        history: false,
        payload: { rung: 2, data: "AQI=" },
      },
    ]);
  });

  test("refuse names and payloads that can't be sent", async () => {
    expect((await helio("emit", "a//b", ...nodes.at)).code).toBe(2);
    expect((await helio("emit", "a", "{", ...nodes.at)).code).toBe(2);
    expect((await helio("on", "a*", ...nodes.at)).code).toBe(2);
  });
});

describe("helio topics", () => {
  test("shows publishers, and their subscribers", async () => {
    await using robot = await closing("shown");
    await using readings = subscribe(nodes.node("reader"), RobotService.temperature, { key: { room: "a" } });
    await readings.ready();
    await robot.publisher.publish({ room: "a" });
    await robot.publisher.publish({ room: "b" });
    await robot.publisher.flush();
    const { code, out, err } = await helio("topics", "Temperature", "--seconds", "0.01", ...nodes.at);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.map((line) => line.split(/ {2,}/))).toEqual([
      ["TOPIC", "NODE", "INSTANCE", "RATE", "PUBLISHED", "SUBJECTS", "SUBSCRIBERS", "DROPPED", "POLICY"],
      [TOPIC, "shown", robot.node.instance.slice(0, 8), "0/s", "2", "2", "1", "0", "drop-oldest"],
      [""],
      ["SUBSCRIBER", "TOPIC", "PUBLISHER", "SENT", "DROPPED", "DROPPED THERE", "PENDING", "SUBJECTS"],
      [
        expect.stringMatching(/^reader \(/),
        TOPIC,
        expect.stringMatching(/^shown \(/),
        "1",
        "0",
        "0",
        "1",
        "a",
      ],
    ]);
  });

  test("gives a program JSON, and says who refused what", async () => {
    await using robot = await closing("refusing");
    await using readings = subscribe(nodes.node("demanding"), RobotService.temperature, {
      reliability: "reliable",
    });
    for await (const { kind } of robot.publisher.events()) if (kind === "refused") break;
    const { out } = await helio("topics", "refusing", "--json", "--seconds", "0.01", ...nodes.at);
    expect(json(out)[0]).toEqual({
      topics: [
        expect.objectContaining({
          node: "refusing",
          instance: robot.node.instance,
          topic: TOPIC,
          published: 0,
          subscribers: [],
          rate: 0,
          overflow: "drop-oldest",
          refusal: expect.stringContaining("reliable"),
        }),
      ],
    });
    const text = await helio("topics", "refusing", "--seconds", "0.01", ...nodes.at);
    expect(text.err[0]).toMatch(
      /^example\.v1\.RobotService\/Temperature of refusing \(.*: refused \d+ times/,
    );
    await readings.close();
  });

  test("goes on with --watch until Ctrl+C", async () => {
    await using _ = await closing("watched");
    const { terminal, ended } = begin("topics", "watched", "--watch", "--json", "--seconds", "0.01");
    await terminal.printed((line) => line.includes('"time"'));
    terminal.interrupt();
    expect(await ended).toBe(0);
  });
});

describe("a node that publishes", () => {
  test("completes the names of topics", async () => {
    await using _ = await closing("completed");
    const { out } = await helio("complete", "--", "sub", ...nodes.at, "example.v1.Robot");
    expect(out).toEqual([`${TOPIC}\ttopic`]);
  });

  test("is shown with its topics beside its services", async () => {
    await using robot = await closing("two-sided");
    const { out } = await helio("describe", "two-sided", ...nodes.at);
    expect(
      out.filter((line) => /^(services|topics)/.test(line)).map((line) => line.split(/ {2,}/).slice(0, 2)),
    ).toEqual([
      ["services", "example.v1.RobotService"],
      ["topics", TOPIC],
    ]);
    const services = await helio("ls", "services", "--service", "RobotService", ...nodes.at);
    expect(services.out.join("\n")).not.toContain("/Temperature");
    const topics = await helio("ls", "topics", "--service", "RobotService", ...nodes.at);
    expect(topics.out[1]?.split(/ {2,}/)).toEqual([TOPIC, "1/1", "{room}", "example.v1.Reading"]);
    const stats = await helio("stats", "two-sided", ...nodes.at);
    expect(stats.out.at(-1)).toMatch(new RegExp(`^${TOPIC} +two-sided`));
    const doctor = await helio("doctor", "--json", ...nodes.at);
    expect(doctor.out.join("\n")).not.toContain(`${TOPIC} can be called`);
    expect(robot.publisher.topic).toBe(TOPIC);
  });
});

/** A robot that is gone, also for the registry, when it is disposed. */
async function closing(name: string, options = {}) {
  const made = await nodes.robot(name, options);
  return { ...made, [Symbol.asyncDispose]: () => made.node.close() };
}

/** A node that serves RobotService, and publishes nothing. */
async function serving(name: string) {
  const { node, publisher } = await nodes.robot(name);
  await publisher.close();
  await node.announced();
  return node;
}

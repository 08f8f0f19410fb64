import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../src/cli/doctor/checks.js";
import type { Facts, Finding } from "../../../../src/cli/doctor/facts.js";
import { InfoResponse } from "../../../../src/gen/heliograph/node/v1/node.js";
import { known, services } from "../instances.js";
import { facts, node, REGISTRY, registry } from "./facts.js";

const local = ["tcp://127.0.0.1", "7700"].join(":");

/** What is found beside what is well, as `level check: text`. */
function troubles(more: Partial<Facts>): string[] {
  return diagnose(facts(more))
    .filter(({ level }) => level !== "ok")
    .map(shown);
}

function shown({ level, check, text }: Finding): string {
  return `${level} ${check}: ${text}`;
}

const greeter = node("greeter", { services: services("example.v1.GreeterService") });

test("where all is well, each line says so, and none says what to do", () => {
  const findings = diagnose(facts({ nodes: [greeter] }));
  expect(findings.map(shown)).toEqual([
    `ok environment: HELIOGRAPH_REGISTRY is not set: programs here ask ${local}`,
    "ok registry: memory://registry answers, and knows 1 instance",
    "ok node: 1 instance alive",
    "ok service: 1 service, each with an instance that can be called",
    "ok name: 1 name, none of which is given to different things",
    "ok endpoint: 1 endpoint reached from here",
    "ok kit: all nodes are built with typescript 0.1.0",
    "ok protocol: 1 instance with a protocol that is understood here",
    "ok schema: all instances of a service have the same schema",
    "ok clock: clocks differ by at most 100 µs",
    "ok security: nothing listens beyond this machine without protection",
    "ok files: a process may have 65,536 open files here; each connection takes some",
  ]);
  expect(findings.every(({ advice }) => advice === undefined)).toBe(true);
});

test("whatever is wrong comes with what to do", () => {
  const findings = diagnose(
    facts({
      variable: "off",
      registries: [registry({ registry: undefined, error: "nobody listens there" })],
      nodes: [node("a", { state: "dead" }), node("b", { condition: "paused" })],
      openFiles: 1024,
    }),
  );
  const wrong = findings.filter(({ level }) => level !== "ok");
  expect(wrong).toHaveLength(5);
  expect(wrong.filter(({ advice }) => advice === undefined)).toEqual([]);
});

describe("a registry", () => {
  const silent = registry({ endpoint: "ipc://b", registry: undefined, error: "nobody listens there" });

  test("that does not answer is a failure, unless another one does", () => {
    expect(troubles({ registries: [silent] })).toEqual([
      "fail registry: ipc://b does not answer: nobody listens there",
    ]);
    expect(troubles({ registries: [registry(), silent] })).toEqual([
      "warn registry: ipc://b does not answer: nobody listens there",
    ]);
  });

  test("that has begun only now is not complete", () => {
    const young = registry({ registry: { instance: "r", epoch: 1, revision: 1, complete: false } });
    expect(troubles({ registries: [young] })).toEqual([
      `warn registry: ${REGISTRY} has begun only now, and does not know everybody yet`,
    ]);
  });

  test("that does not know whom another one knows is told of, but not for the dead", () => {
    const other = registry({ endpoint: "ipc://b" });
    const alive = node("a", { registries: [REGISTRY] });
    const both = node("b", { registries: [REGISTRY, "ipc://b"] });
    expect(troubles({ registries: [registry(), other], nodes: [alive, both] })).toEqual([
      "warn registry: ipc://b does not know a (a-0000), whom another registry knows",
    ]);
  });

  test("that a node is not registered with is told of", () => {
    const info = InfoResponse.create({
      resolvers: [
        { name: "registry ipc://b", connected: false, error: "nobody listens there" },
        { name: `registry ${REGISTRY}`, connected: true, error: "" },
      ],
    });
    expect(troubles({ nodes: [node("a", {}, { info })] })).toEqual([
      "warn registration: a (a-0000) has lost registry ipc://b: nobody listens there",
    ]);
  });
});

describe("the environment", () => {
  test.each([
    [
      "off",
      [
        "warn environment: HELIOGRAPH_REGISTRY is off: programs that are started from here find nobody, unless they say where",
      ],
    ],
    ["ipc://b", ["warn environment: HELIOGRAPH_REGISTRY is ipc://b, and ipc://b was not asked here"]],
    [REGISTRY, []],
    ["", []],
  ])("with HELIOGRAPH_REGISTRY=%s comes to %j", (variable, told) => {
    expect(troubles({ variable })).toEqual(told);
  });
});

describe("a node", () => {
  test.each([
    [
      { state: "stalled" },
      "a (a-0000) is stalled: its machine answers, but its event loop has said nothing for 4s",
    ],
    [{ state: "suspect" }, "a (a-0000) is suspect: it has said nothing for 4s, or its connection broke"],
    [{ state: "dead" }, "dead, and not heard of: a (a-0000) for 4s"],
    [{ condition: "paused" }, "a (a-0000) is paused, and refuses calls"],
    [{ condition: "draining" }, "a (a-0000) is draining, and takes no new calls"],
  ] as const)("that is %j is told of", (more, told) => {
    expect(troubles({ nodes: [node("a", { heardMsAgo: 4_000, ...more })] })).toEqual([`warn node: ${told}`]);
  });

  test("that is stopped by a signal is told of as such, be it dead or not seen so yet", () => {
    for (const state of ["alive", "suspect", "dead"] as const) {
      expect(
        troubles({ nodes: [node("a", { state, heardMsAgo: 4_000, processId: 77 }, { stopped: true })] }),
      ).toEqual([
        `fail node: a (a-0000) is ${state}: its process 77 was stopped by a signal, and has said nothing for 4s`,
      ]);
    }
  });

  test("that is dead shares its line with others, and nothing else is said of it", () => {
    const nodes = ["a", "b"].map((name) =>
      node(
        name,
        { state: "dead", heardMsAgo: 4_000, kit: `typescript 0.0.${name}`, endpoints: ["tcp://192.0.2.1:1"] },
        { endpoints: [], clock: undefined, info: undefined },
      ),
    );
    expect(troubles({ nodes })).toEqual([
      "warn node: 2 are dead, and not heard of: a (a-0000) for 4s, b (b-0000) for 4s",
    ]);
  });

  test("of a name that another one has is the same, or told of", () => {
    const one = node("a", { services: services("x.One") });
    const two = node("a", { instance: "2", services: services("x.Two", "x.One") });
    expect(troubles({ nodes: [one, two] })).toEqual([
      "warn name: a is the name of nodes that serve different things: x.One; x.One, x.Two",
    ]);
    expect(troubles({ nodes: [one, node("a", { instance: "3", services: services("x.One") })] })).toEqual([]);
  });
});

describe("a service", () => {
  test("that nobody takes calls of is a failure", () => {
    const paused = node("a", { services: services("x.One"), condition: "paused" });
    expect(troubles({ nodes: [paused] })).toContain(
      "fail service: x.One can be called nowhere: none of 1 instance is alive and serving",
    );
  });

  test("that only the dead served is told of, and is no failure", () => {
    const dead = node("a", { services: services("x.One"), state: "dead" });
    expect(troubles({ nodes: [dead] })).toContain(
      "warn service: x.One can be called nowhere: whoever served it is dead",
    );
  });

  test("with schemas that do not go together is a failure, and where they do, none", () => {
    const a = known("a");
    const b = known("b");
    const schemas = [
      { hash: "01", instances: [a] },
      { hash: "02", instances: [b] },
    ];
    const found = [
      { path: "x.One/Get: request x.Get.id (field 1)", what: "is string here and int32 at the server" },
    ];
    const service = "x.One";
    expect(troubles({ schemas: [{ service, schemas, incompatible: found }] })).toEqual([
      "fail schema: x.One has 2 schemas, 01 (a (a-0000)) and 02 (b (b-0000)), which do not go together: x.One/Get: request x.Get.id (field 1) is string here and int32 at the server",
    ]);
    expect(troubles({ schemas: [{ service, schemas, incompatible: [] }] })).toEqual([]);
    expect(troubles({ schemas: [{ service, schemas, incompatible: undefined }] })[0]).toMatch(
      /^warn schema: .*could not be compared$/,
    );
  });
});

describe("an endpoint", () => {
  const at = (outcome: "silent" | "hung" | "mute" | "elsewhere" | "not-allowed", error = "") => [
    { endpoint: "tcp://192.0.2.1:1", outcome, error },
  ];

  test.each([
    ["silent", "", "fail endpoint: nobody listens at tcp://192.0.2.1:1 of a (a-0000), as seen from here"],
    [
      "hung",
      "",
      "fail endpoint: connections to tcp://192.0.2.1:1 of a (a-0000) are taken, but its process says nothing",
    ],
    [
      "mute",
      "another node listens there now",
      "fail endpoint: something listens at tcp://192.0.2.1:1 of a (a-0000), but it is not that node, or does not answer: another node listens there now",
    ],
    [
      "not-allowed",
      "",
      "warn endpoint: tcp://192.0.2.1:1 of a (a-0000) is on another machine, and was not tried",
    ],
    [
      "elsewhere",
      "",
      "warn endpoint: tcp://192.0.2.1:1 of a (a-0000) can be reached on its own machine only (b)",
    ],
  ] as const)("that is %s is told of", (outcome, error, told) => {
    expect(troubles({ nodes: [node("a", { host: "b" }, { endpoints: at(outcome, error) })] })).toEqual([
      told,
    ]);
  });

  test("of a node that is suspect is a warning, like the node", () => {
    const suspect = node("a", { state: "suspect" }, { endpoints: at("silent") });
    expect(troubles({ nodes: [suspect] }).map((line) => line.slice(0, 13))).toEqual([
      "warn node: a ",
      "warn endpoint",
    ]);
  });

  test("of another machine's loopback is nothing where there is another way in", () => {
    const endpoints = [...at("elsewhere"), { endpoint: "ipc://a", outcome: "answers", error: "" } as const];
    expect(troubles({ nodes: [node("a", {}, { endpoints })] })).toEqual([]);
  });

  test("beyond its machine is told of, unless it is protected", () => {
    const far = { endpoints: ["tcp://192.0.2.1:1"] };
    expect(troubles({ nodes: [node("a", far)] })).toEqual([
      "warn security: beyond its machine, everybody on the way can read and change what is sent to a (a-0000)",
    ]);
    const info = InfoResponse.create({ security: "curve", protocolVersions: [1] });
    expect(troubles({ nodes: [node("a", far, { info })] })).toEqual([]);
    const exposed = registry({ endpoint: "tcp://192.0.2.1:2" });
    expect(troubles({ registries: [exposed] })).toEqual([
      "warn security: beyond its machine, everybody on the way can read and change what is sent to the registry tcp://192.0.2.1:2",
    ]);
  });
});

describe("what differs between nodes", () => {
  test("is a clock that is off by more than a second, beyond doubt", () => {
    const clock = (ms: number, errorMs: number) => [node("a", {}, { clock: { ms, errorMs } })];
    expect(troubles({ nodes: clock(61_000, 1) })).toEqual([
      "warn clock: the clock of a (a-0000) is 61.0 s ahead of that of this machine",
    ]);
    expect(troubles({ nodes: clock(-2_000, 1) })[0]).toMatch(/is 2\.00 s behind that of this machine$/);
    expect(troubles({ nodes: clock(2_000, 1_500) })).toEqual([]);
  });

  test("is the version of the kit, of one language", () => {
    const old = node("b", { kit: "typescript 0.0.9" });
    const python = node("c", { kit: "python 0.0.1" });
    expect(troubles({ nodes: [node("a"), old, python] })).toEqual([
      "warn kit: typescript 0.1.0: a (a-0000); typescript 0.0.9: b (b-0000)",
    ]);
    expect(troubles({ nodes: [node("a"), python] })).toEqual([]);
  });

  test("is a protocol that is not spoken here", () => {
    const info = InfoResponse.create({ protocolVersions: [7, 8] });
    expect(troubles({ nodes: [node("a", {}, { info })] })).toEqual([
      "fail protocol: a (a-0000) speaks version 7, 8 of the protocol, and this command 1",
    ]);
  });
});

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function bench(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", "bench/main.ts", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, stdout, stderr };
}

const figures = { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) };

describe("npm run bench", () => {
  it("lists every case and every peer", async () => {
    const { status, stdout } = await bench("--list");
    expect(status).toBe(0);
    for (const name of [
      "unary",
      "unary-serial",
      "server-stream",
      "bidi-serial",
      "stream-unread",
      "growth",
      "unary-discovery",
      "pubsub",
      "pubsub-fanout",
      "pubsub-subjects",
      "pubsub-22k",
      "pubsub-latency",
      "memory",
      "discovery",
      "registry",
      "grpc-js",
      "zeromq",
      "nats",
      "grpc-cpp",
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
  });

  it("explains its options", async () => {
    const { status, stdout } = await bench("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--against REV");
  });

  it.each([
    { args: ["nosuch"], says: '"nosuch"' },
    { args: ["un*", "zz*"], says: '"zz*"' },
    { args: ["unary", "--in-flight", "many"], says: '--in-flight "many"' },
    { args: ["unary", "--in-flight", "2.5"], says: "--in-flight 2.5" },
    { args: ["unary-serial", "--in-flight", "64"], says: "unary-serial" },
    { args: ["bidi-serial", "--in-flight", "64"], says: "bidi-serial" },
    { args: ["unary", "--peers", "grpc-js,smoke-signs"], says: '"smoke-signs"' },
    { args: ["memory", "--in-flight", "64"], says: "memory" },
    { args: ["discovery", "--nodes", "few"], says: '--nodes "few"' },
    { args: ["registry", "--nodes", "10"], says: "--nodes 10" },
    { args: ["unary", "--nodes", "100"], says: "unary" },
    { args: ["unary", "--against", "no-such-commit"], says: "no-such-commit" },
    { args: ["unary", "--against", "HEAD", "--peers", "nats"], says: "exclude each other" },
    { args: ["--fast"], says: "--fast" },
  ])("refuses $args with status 2 and one line", async ({ args, says }) => {
    const { status, stdout, stderr } = await bench(...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("prints a row as one line of JSON", { timeout: 240_000 }, async () => {
    const args = [
      "--quick",
      "unary",
      "--in-flight",
      "64",
      "--peers",
      "zeromq",
      "--seconds",
      "0.05",
      "--json",
    ];
    const { status, stdout, stderr } = await bench(...args);
    expect(status, stderr).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1);

    const row = JSON.parse(lines[0]!);
    if ("missing" in row.peers.zeromq) {
      expect(row.peers).toEqual({ zeromq: { missing: expect.any(String) } });
      expect(row.ratio).toEqual({});
    } else {
      expect(row.peers).toEqual({ zeromq: figures });
      expect(row.ratio).toEqual({ zeromq: expect.any(Number) });
    }
    expect(row).toEqual({
      case: "unary",
      inFlight: 64,
      bytes: 32,
      ours: figures,
      peers: row.peers,
      ratio: row.ratio,
    });
  });

  it("measures streams, and what one that nobody reads costs the others", { timeout: 240_000 }, async () => {
    const cases = ["server-stream", "bidi-serial", "stream-unread"];
    const args = ["--quick", ...cases, "--peers", "zeromq", "--seconds", "0.01", "--json"];
    const { status, stdout, stderr } = await bench(...args);
    expect(status, stderr + stdout).toBe(0);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.case)).toEqual(cases);
    for (const row of rows) expect(row).toMatchObject({ bytes: 32, ours: figures });

    const [serverStream, , unread] = rows;
    expect(serverStream).toMatchObject({ inFlight: 1, peers: { zeromq: expect.any(Object) } });
    const resident = { server: expect.any(Number), client: expect.any(Number) };
    expect(unread).toEqual({
      case: "stream-unread",
      inFlight: 1000,
      bytes: 32,
      ours: figures,
      peers: { "all-read": figures },
      ratio: { "all-read": expect.any(Number) },
      rss: { ours: resident, "all-read": resident },
    });
  });

  it("measures a node that finds its server, beside one that is told where it is", {
    timeout: 240_000,
  }, async () => {
    const args = ["--quick", "unary-discovery", "--in-flight", "64", "--seconds", "0.01", "--json"];
    const { status, stdout, stderr } = await bench(...args);
    expect(status, stderr + stdout).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      case: "unary-discovery",
      inFlight: 64,
      bytes: 32,
      ours: figures,
      peers: { "connect-to": figures, "three-instances": figures },
      ratio: { "connect-to": expect.any(Number), "three-instances": expect.any(Number) },
    });
  });

  it.each([
    { name: "pubsub", inFlight: 1, bytes: 32 },
    { name: "pubsub-fanout", inFlight: 2, bytes: 32 },
    { name: "pubsub-subjects", inFlight: 10, bytes: 32 },
    { name: "pubsub-22k", inFlight: 1, bytes: 22_000 },
    { name: "pubsub-latency", inFlight: 1, bytes: 32 },
  ])("measures topics: $name", { timeout: 240_000 }, async ({ name, inFlight, bytes }) => {
    const args = ["--quick", name, "--in-flight", String(inFlight), "--peers", "zeromq"];
    const { status, stdout, stderr } = await bench(...args, "--seconds", "0.01", "--json");
    expect(status, stderr + stdout).toBe(0);
    const row = JSON.parse(stdout);
    expect(row).toMatchObject({ case: name, inFlight, bytes, ours: figures });
    expect(row).toMatchObject({ peers: { zeromq: expect.any(Object) } });
    if (name === "pubsub-latency") expect(row.p99).toMatchObject({ ours: figures });
    else expect(row).not.toHaveProperty("p99");
  });

  it("measures what nodes and a registry take to find each other", { timeout: 240_000 }, async () => {
    const args = ["--quick", "discovery", "registry", "--nodes", "100", "--seconds", "0.5", "--json"];
    const { status, stdout, stderr } = await bench(...args);
    expect(status, stderr + stdout).toBe(0);
    const [discovery, registry] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const traffic = { messages: expect.any(Number), bytes: expect.any(Number) };
    expect(discovery).toEqual({
      case: "discovery",
      nodes: 100,
      convergence: { clockMs: expect.any(Number), coreMs: expect.any(Number) },
      start: traffic,
      steady: traffic,
      change: traffic,
      steadyCoreMs: expect.any(Number),
      memory: { bytes: expect.any(Number), registryBytes: expect.any(Number) },
    });
    expect(registry).toEqual({
      case: "registry",
      nodes: 100,
      heartbeatsPerSecond: 100,
      coreShare: expect.any(Number),
      troubles: expect.any(Number),
      rss: expect.any(Number),
      rssPerNode: expect.any(Number),
    });
    expect(registry.coreShare).toBeGreaterThan(0);
  });
});

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../scripts/run.mjs";
import { Code } from "../../src/index.js";
import { type PythonTools, pythonTools } from "../support/python.js";
import { type ForeignEcho, serveForeignEcho } from "./foreign-echo.js";

/** What client.py says of one call; see `Session.result` there. */
interface Call {
  readonly text: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly code: number;
  readonly reason: string;
  readonly details: readonly (readonly [string, string])[];
  readonly metadata: readonly (readonly [string, string])[];
  readonly trailers: readonly (readonly [string, string])[];
  readonly not_processed: boolean;
}

/** One line of client.py. */
interface Case {
  readonly case: string;
  readonly calls: readonly Call[];
  readonly [value: string]: unknown;
}

const OK = 0;
const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));

let python: PythonTools;

beforeAll(async () => {
  python = await pythonTools();
});

afterAll(() => python?.[Symbol.asyncDispose]());

describe("a client of the wire protocol in Python, with pyzmq and protobuf", () => {
  const cases = new Map<string, Case>();
  let server: ForeignEcho;

  beforeAll(async () => {
    server = await serveForeignEcho();
    const client = spawn(python.interpreter, [at("client.py"), server.endpoint, python.descriptors], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => client.once("close", resolve));
    for await (const line of createInterface({ input: client.stdout })) {
      const said = JSON.parse(line) as Case;
      cases.set(said.case, said);
      if (said.case === "drain") server.release();
    }
    expect(await ended, "what it printed on standard error says why").toBe(0);
  });

  afterAll(() => server?.close());

  const said = (name: string): Case => cases.get(name) ?? expect.fail(`client.py did not come to "${name}"`);
  const only = (name: string): Call => said(name).calls[0] ?? expect.fail(`"${name}" made no call`);

  test("is welcomed with the version that both speak", () => {
    expect(said("welcome")).toMatchObject({ version: 1, node: "echo" });
  });

  test("gets the answer of each of several calls in one packet, whichever is ready first", () => {
    expect(said("unary").calls.map(({ text }) => text)).toEqual(["slow", "one", "", "two"]);
    for (const { code } of said("unary").calls) expect(code).toBe(OK);
  });

  test("is told that the deadline has passed", () => {
    expect(only("deadline")).toMatchObject({ code: Code.DeadlineExceeded, reason: "CALL_TIMED_OUT" });
  });

  test("gets an error with code, reason and typed details in order", () => {
    const type = "heliograph.test.v1.EchoResponse";
    expect(only("error")).toMatchObject({
      code: Code.NotFound,
      reason: "NO_SUCH_ECHO",
      details: [
        [type, "first"],
        [type, "second"],
      ],
      not_processed: false,
    });
  });

  test("gets its metadata back in order, as metadata and as trailers, text and bytes", () => {
    const sent = [
      ["name", "68c3a9"],
      ["raw-bin", "ff00"],
      ["name", ""],
    ];
    expect(only("metadata")).toMatchObject({ code: OK, metadata: sent, trailers: sent });
  });

  test("is told that a method is unknown, and that nothing was started", () => {
    expect(only("unknown")).toMatchObject({
      code: Code.Unimplemented,
      reason: "METHOD_UNKNOWN",
      not_processed: true,
    });
  });

  test("cancels a call, which ends; the handlers of this call and of the late one were told", () => {
    expect(only("cancel")).toMatchObject({ code: Code.Cancelled, not_processed: false });
    expect(server.aborted()).toBe(2);
  });

  test("gets PONG for PING, with its sequence", () => {
    expect(said("ping")["sequence"]).toBe(7);
  });

  test("gets 10 MB back that it sent in chunks", () => {
    const data = Buffer.alloc(10_000_000);
    for (let i = 0; i < data.length; i++) data[i] = i % 250;
    const sha256 = createHash("sha256").update(data).digest("hex");
    expect(only("large")).toMatchObject({ code: OK, bytes: data.length, sha256 });
  });

  test("stays within the server's window, as the server does within that of the client", () => {
    const { granted, unread, own, unreported } = said("windows") as unknown as Record<string, number>;
    const chunk = 262_144 + 100;
    expect(unread).toBeGreaterThan(chunk);
    expect(unread).toBeLessThan(granted! / 2 + chunk);
    expect(unreported).toBeGreaterThan(chunk - 200);
    expect(unreported).toBeLessThan(own! / 2 + chunk);
  });

  test("learns at drain which calls were started: these end, later ones get no answer", () => {
    const { calls, last_call_id, late } = said("drain");
    expect(calls[0]).toMatchObject({ code: OK, text: "drain" });
    expect(late).toBe(Number(last_call_id) + 1);
    expect(only("drained")).toMatchObject({ code: OK, text: "release" });
    expect(said("drained")["answered_late"]).toBe(false);
  });
});

describe("a plain REQ socket", () => {
  const service = "heliograph.test.v1.EchoService";

  async function bare(method: string, text: string): Promise<string> {
    const server = await serveForeignEcho();
    try {
      return (
        await run(python.interpreter, [at("bare.py"), server.endpoint, `${service}/${method}`, text])
      ).trim();
    } finally {
      await server.close();
    }
  }

  test("gets OK and the answer", async () => {
    expect(await bare("Echo", "hello")).toBe(String.raw`[b'OK', b'\x12\x05hello']`);
  });

  test("gets the name of the code and the text of an error", async () => {
    expect(await bare("Echo", "fail")).toBe("[b'NOT_FOUND', b'no such echo']");
    expect(await bare("Missing", "")).toBe(`[b'UNIMPLEMENTED', b'${service} has no method Missing']`);
  });
});

import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Code,
  connectTo,
  createClient,
  createNode,
  type HeliographError,
  insecure,
  type Node,
  serve,
} from "../../src/index.js";
import type { Listener } from "../../src/socket/socket.js";
import { memoryNetwork } from "../../src/testing/index.js";
import { envelopeLength } from "../../src/wire/envelope.js";
import { FrameKind } from "../../src/wire/frame.js";
import { PacketReader } from "../../src/wire/packet-reader.js";
import { readStatus } from "../../src/wire/status.js";
import { type EchoRequest, EchoResponse } from "../gen/heliograph/test/v1/echo.js";
import { EchoService } from "../gen/heliograph/test/v1/echo_heliograph.js";
import { faultTexts } from "./faults.js";
import { loadVectors, partsOf, type Receiver, type Vector } from "./vector.js";

const network = memoryNetwork();
const security = insecure();
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const options = { network, security, logger: quiet };

let peers = 0;
const routingId = () => Buffer.alloc(16, 0x80 + peers++);

/** The status of a frame, and the frame's kind. */
interface Complaint {
  readonly kind: number;
  readonly error: HeliographError | undefined;
}

const violationsFor = (to: Receiver): [string, Vector][] =>
  loadVectors()
    .filter((vector) => vector.to === to && vector.fault?.kind === "violation")
    .map((vector) => [vector.name, vector]);

/** The first status that a message carries. */
function complaintIn(parts: readonly Buffer[]): Complaint | undefined {
  let complaint: Complaint | undefined;
  new PacketReader().read(parts.slice(envelopeLength(parts)), {
    frame: ({ kind, buf, statusStart, statusEnd }) => {
      if (statusStart < 0) return;
      complaint ??= { kind, error: readStatus(buf, statusStart, statusEnd, undefined, false) };
    },
    totals: () => {},
  });
  return complaint;
}

function expectFault(complaint: Complaint, { fault }: Vector): void {
  const message = expect.stringContaining(faultTexts[fault?.reason ?? ""] ?? "a reason without words");
  expect(complaint.error).toMatchObject({ code: Code.Internal, reason: "PROTOCOL_VIOLATION", message });
}

/** Late, so that a fault in the same message comes before the answer. */
const echo = async ({ text }: EchoRequest) => EchoResponse.create({ text });

describe("a server", () => {
  let node: Node;
  let endpoint = "";

  beforeAll(async () => {
    node = createNode({ name: "echo", ...options });
    const service = await serve(node, EchoService, { echo });
    endpoint = service.endpoints[0] ?? "";
  });
  afterAll(() => node.close());

  /** The fault that is the answer to a message; END of a call that was started before is none. */
  async function answerTo(parts: Buffer[], kind: number): Promise<Complaint> {
    let dialer: ReturnType<typeof network.dial> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const message = (received: Buffer[]) => {
          const complaint = complaintIn(received);
          if (complaint?.kind === kind) resolve(complaint);
        };
        const closed = () => reject(new Error("the connection was closed without a word"));
        dialer = network.dial(endpoint, { opened: () => {}, message, closed }, { routingId: routingId() });
        dialer.send(parts);
      });
    } finally {
      await dialer?.close();
    }
  }

  test.each(violationsFor("server"))("names the fault: %s", async (_name, vector) => {
    const parts = partsOf(vector);
    const kind = envelopeLength(parts) > 0 ? FrameKind.End : FrameKind.Goaway;
    expectFault(await answerTo(parts, kind), vector);
  });
});

describe("a client", () => {
  /** A server that answers the first message of its first client with `parts`, and what the client says to that. */
  async function answering(parts: Buffer[]): Promise<Complaint> {
    let listener: Listener | undefined;
    const complaint = new Promise<Complaint>((resolve) => {
      const ready = network.listen("memory://*", {
        message: (routingId, received) => {
          const found = complaintIn(received);
          if (found === undefined) listener?.send(routingId, parts);
          else resolve(found);
        },
        left: () => {},
      });
      void ready.then((bound) => {
        listener = bound;
        const connection = connectTo([bound.endpoint], options);
        const call = createClient(connection, EchoService).echo({ text: "x" });
        return expect(call)
          .rejects.toThrow()
          .finally(() => connection.close());
      });
    });
    try {
      return await complaint;
    } finally {
      await listener?.close();
    }
  }

  test.each(violationsFor("client"))("names the fault: %s", async (_name, vector) => {
    const complaint = await answering(partsOf(vector));
    expect(complaint.kind).toBe(FrameKind.Goaway);
    expectFault(complaint, vector);
  });
});

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from "node:net";

/** One record of an answer. */
export type DnsRecord =
  | { readonly type: "A" | "AAAA"; readonly address: string; readonly ttl?: number }
  | {
      readonly type: "SRV";
      readonly target: string;
      readonly port: number;
      readonly priority?: number;
      readonly weight?: number;
    };

/** What the server does with a question. */
export type DnsReply =
  | readonly DnsRecord[]
  | "nxdomain"
  | "servfail"
  | "silence"
  /** Over UDP only the hint that the rest is to be had over TCP. */
  | { readonly overTcp: readonly DnsRecord[] };

/** Decides by the question, such as `A greeter.test`. */
export type DnsHandler = (question: string) => DnsReply | Promise<DnsReply>;

const TYPES: Readonly<Record<number, DnsRecord["type"]>> = { 1: "A", 28: "AAAA", 33: "SRV" };
const NUMBERS = { A: 1, AAAA: 28, SRV: 33 } as const;
const HEADER_BYTES = 12;
const IS_ANSWER = 0x8180;
const IS_TRUNCATED = 0x0200;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** A DNS server on a port of its own of this machine, over UDP and TCP, that answers as a test says. */
export class DnsServer implements AsyncDisposable {
  handler: DnsHandler;
  /** In their order; those over TCP end in `(tcp)`. */
  readonly questions: string[] = [];
  private readonly udp: UdpSocket;
  private readonly tcp: Server;
  private readonly connections = new Set<Socket>();

  private constructor(udp: UdpSocket, tcp: Server, handler: DnsHandler) {
    this.udp = udp;
    this.tcp = tcp;
    this.handler = handler;
    udp.on("message", (query, { port, address }) => {
      void this.answer(query, false).then((answer) => answer && udp.send(answer, port, address));
    });
    tcp.on("connection", (connection) => this.serve(connection));
  }

  static async start(handler: DnsHandler): Promise<DnsServer> {
    for (;;) {
      const tcp = createServer().listen(0, "127.0.0.1");
      await once(tcp, "listening");
      const udp = createSocket("udp4");
      try {
        udp.bind((tcp.address() as AddressInfo).port, "127.0.0.1");
        await once(udp, "listening");
        return new DnsServer(udp, tcp, handler);
      } catch {
        // Somebody has this port for UDP alone.
        udp.close();
        tcp.close();
      }
    }
  }

  /** As the option `servers` wants it. */
  get address(): string {
    return `127.0.0.1:${this.udp.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await Promise.all([
      new Promise<void>((resolve) => this.udp.close(resolve)),
      new Promise<void>((resolve) => this.tcp.close(() => resolve())),
    ]);
  }

  private serve(connection: Socket): void {
    this.connections.add(connection);
    connection.on("error", () => {});
    connection.on("close", () => this.connections.delete(connection));
    let received = Buffer.alloc(0);
    connection.on("data", (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const query = received.subarray(2, 2 + received.readUInt16BE(0));
        received = received.subarray(2 + query.length);
        void this.answer(query, true).then((answer) => answer && connection.write(sized(answer)));
      }
    });
  }

  private async answer(query: Buffer, overTcp: boolean): Promise<Buffer | undefined> {
    const { name, type, end } = readQuestion(query);
    const question = `${type} ${name}`;
    this.questions.push(overTcp ? `${question} (tcp)` : question);
    const reply = await this.handler(question);
    if (reply === "silence") return undefined;
    const asked = query.subarray(HEADER_BYTES, end);
    const id = query.readUInt16BE(0);
    if (reply === "nxdomain") return message(id, NXDOMAIN, asked, []);
    if (reply === "servfail") return message(id, SERVFAIL, asked, []);
    if (!("overTcp" in reply)) return message(id, 0, asked, reply);
    return overTcp ? message(id, 0, asked, reply.overTcp) : message(id, IS_TRUNCATED, asked, []);
  }
}

function readQuestion(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: TYPES[query.readUInt16BE(at + 1)] ?? "?", end: at + 5 };
}

function message(id: number, flags: number, question: Buffer, records: readonly DnsRecord[]): Buffer {
  const header = Buffer.from([
    ...u16(id),
    ...u16(IS_ANSWER | flags),
    0,
    1,
    ...u16(records.length),
    0,
    0,
    0,
    0,
  ]);
  return Buffer.concat([header, question, ...records.map(recordBytes)]);
}

function recordBytes(record: DnsRecord): Buffer {
  const data = dataBytes(record);
  const ttl = "ttl" in record ? (record.ttl ?? 5) : 5;
  // 0xc00c points to the name of the question.
  return Buffer.from([
    0xc0,
    HEADER_BYTES,
    ...u16(NUMBERS[record.type]),
    0,
    1,
    0,
    0,
    ...u16(ttl),
    ...u16(data.length),
    ...data,
  ]);
}

function dataBytes(record: DnsRecord): readonly number[] {
  if (record.type !== "SRV") return addressBytes(record.address);
  const { priority = 0, weight = 0, port, target } = record;
  return [...u16(priority), ...u16(weight), ...u16(port), ...nameBytes(target)];
}

function addressBytes(address: string): readonly number[] {
  if (!isIPv6(address)) return address.split(".").map(Number);
  const [head = "", tail] = address.split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap(u16);
}

function nameBytes(name: string): readonly number[] {
  const labels = name.split(".").filter((label) => label !== "");
  return [...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(u16(bytes.length)), bytes]);
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

import { Buffer } from "node:buffer";
import { FrameField, FrameKind } from "../../src/wire/frame.js";
import type { PacketWriter } from "../../src/wire/packet-writer.js";
import type { Random } from "./random.js";
import { ECHO_PATH, echoRequest, frame, hello, packet } from "./raw-peer.js";

type Parts = Buffer[];

/** Messages that no honest client sends, and honest ones among them. */
export class Garbage {
  readonly #random: Random;
  #id = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** What a session begins with; now and then something else. */
  first(): Parts {
    const random = this.#random;
    if (random.chance(0.7)) return packet((writer) => hello(writer));
    return random.chance(0.5) ? this.#oddHello() : this.next();
  }

  next(): Parts {
    return this.#random.pick(this.#kinds).call(this);
  }

  readonly #kinds: readonly (() => Parts)[] = [
    this.#random_,
    this.#truncated,
    this.#mutated,
    this.#mutated,
    this.#wrongParts,
    this.#hugeLength,
    this.#unknownKind,
    this.#nested,
    this.#notice,
    this.#secondHello,
    this.#reusedId,
    this.#notAClients,
    this.#chunks,
    this.#flood,
    this.#envelope,
    this.#bareCall,
    this.#metadata,
    this.#totals,
    this.#honest,
  ];

  #random_(): Parts {
    const random = this.#random;
    return Array.from({ length: 1 + random.below(4) }, () => random.bytes(random.below(300)));
  }

  #honest(): Parts {
    const random = this.#random;
    return packet((writer) => {
      for (let n = random.below(4); n >= 0; n--) {
        if (random.chance(0.2)) frame(writer, FrameKind.Cancel, 1 + random.below(this.#id + 1));
        else echoRequest(writer, ++this.#id, { text: "fuzz", data: random.bytes(random.below(50)) });
      }
    });
  }

  #truncated(): Parts {
    const parts = this.#honest();
    const whole = parts[0]!;
    parts[0] = whole.subarray(0, this.#random.below(whole.length));
    return parts;
  }

  #mutated(): Parts {
    const random = this.#random;
    const parts = random.chance(0.2) ? packet((writer) => hello(writer)) : this.#honest();
    const bytes = Buffer.from(parts[0]!);
    for (let n = random.below(6); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    parts[0] = bytes;
    return parts;
  }

  #wrongParts(): Parts {
    const random = this.#random;
    const parts = this.#honest();
    const at = random.below(parts.length + 1);
    parts.splice(at, 0, random.bytes(random.chance(0.5) ? 0 : random.below(400_000)));
    if (random.chance(0.3)) for (let n = random.below(300); n > 0; n--) parts.push(Buffer.alloc(1));
    return parts;
  }

  #hugeLength(): Parts {
    const random = this.#random;
    const tag = random.pick([0x0a, 0x12, 0x1a, 0x5a, 0x62, 0xda]);
    const length = random.pick([
      [0xff, 0xff, 0xff, 0xff, 0x07],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0xff, 0xff, 0x7f],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ]);
    const inner = Buffer.from([0x08, FrameKind.Request, tag, ...length]);
    if (random.chance(0.5)) return [Buffer.from([0x0a, inner.length, ...inner])];
    return [Buffer.from([0x0a, ...length, 0x08, 1])];
  }

  #unknownKind(): Parts {
    const random = this.#random;
    return packet((writer) => {
      for (let n = random.below(50); n >= 0; n--)
        frame(
          writer,
          random.pick([7, 11, 12, 13, 100, 127]),
          random.chance(0.5) ? ++this.#id : random.below(9),
        );
    });
  }

  #nested(): Parts {
    const random = this.#random;
    const depth = 1 + random.below(20_000);
    const [codec, payload] = random.pick([
      [2, Buffer.from("[".repeat(depth))],
      [2, Buffer.from(`${'{"data":'.repeat(depth)}1${"}".repeat(depth)}`)],
      [3, Buffer.alloc(depth, 0x91)],
      [3, Buffer.alloc(depth, 0x81)],
      [1, Buffer.alloc(depth, 0x0b)],
      [4, random.bytes(20)],
      [99, random.bytes(20)],
    ] as const);
    return packet((writer) =>
      frame(writer, FrameKind.Request, ++this.#id, () => {
        writer.text(FrameField.method, ECHO_PATH);
        writer.number(FrameField.codec, codec);
        writer.bytesField(FrameField.payload, payload);
      }),
    );
  }

  #notice(): Parts {
    return this.#random.pick([
      [Buffer.alloc(0)],
      [Buffer.alloc(0), Buffer.alloc(0)],
      [Buffer.alloc(0), Buffer.from("x")],
    ]);
  }

  #secondHello(): Parts {
    return packet((writer) => {
      hello(writer);
      if (this.#random.chance(0.5)) hello(writer);
    });
  }

  #oddHello(): Parts {
    const random = this.#random;
    const odd = () => random.pick([0, 1, 7, 1024, 2 ** 31, Number.MAX_SAFE_INTEGER]);
    return packet((writer) =>
      hello(writer, {
        maxCalls: random.below(5),
        windowBytes: odd(),
        windowPackets: random.pick([0, 1, 2 ** 31]),
        chunkBytes: odd(),
        messageBytes: odd(),
        metadataBytes: random.pick([0, 1]),
      }),
    );
  }

  #reusedId(): Parts {
    const id = this.#random.below(this.#id + 2);
    return packet((writer) => {
      echoRequest(writer, id, { text: "again", delayMs: 1 });
      echoRequest(writer, id, { text: "again", delayMs: 1 });
    });
  }

  #notAClients(): Parts {
    const random = this.#random;
    const kinds = [
      FrameKind.End,
      FrameKind.Welcome,
      FrameKind.Goaway,
      FrameKind.Message,
      FrameKind.Publication,
    ];
    return packet((writer) => frame(writer, random.pick(kinds), random.below(5)));
  }

  #chunks(): Parts {
    const random = this.#random;
    const size = random.pick([0, 1, 1_000, 300_000, 64 * 1024 * 1024, 2 ** 40]);
    return packet((writer) => {
      for (let n = random.below(8); n >= 0; n--) {
        const id = ++this.#id;
        frame(writer, FrameKind.Request, id, () => {
          writer.text(FrameField.method, ECHO_PATH);
          writer.number(FrameField.codec, 1);
          writer.number(FrameField.payloadSize, size);
          writer.flag(FrameField.more);
        });
        frame(writer, FrameKind.Request, id, () => {
          if (random.chance(0.7)) writer.flag(FrameField.more);
          if (random.chance(0.9)) writer.bytesField(FrameField.payload, Buffer.alloc(random.below(2_000)));
        });
      }
    });
  }

  #flood(): Parts {
    const random = this.#random;
    const kind = random.pick([
      FrameKind.Ping,
      FrameKind.Pong,
      FrameKind.Credit,
      FrameKind.Cancel,
      FrameKind.Hello,
    ]);
    const count = random.pick([1, 16, 17, 2_000]);
    return packet((writer) => {
      for (let n = 0; n < count; n++) frame(writer, kind, random.chance(0.5) ? 0 : n);
    });
  }

  #envelope(): Parts {
    const random = this.#random;
    const before = Array.from({ length: random.below(5) }, () => random.bytes(1 + random.below(400)));
    return [
      ...before,
      Buffer.alloc(0),
      ...random.pick([() => this.#honest(), () => this.#random_(), () => this.#mutated()])(),
    ];
  }

  #bareCall(): Parts {
    const random = this.#random;
    const method = random.pick([
      ECHO_PATH,
      "",
      "no.Such/Method",
      "x".repeat(100_000),
      ECHO_PATH.slice(0, -1),
    ]);
    return [
      Buffer.alloc(0),
      Buffer.from(method),
      random.bytes(random.below(100)),
      ...(random.chance(0.1) ? [Buffer.alloc(0)] : []),
    ];
  }

  #metadata(): Parts {
    const random = this.#random;
    return packet((writer) =>
      frame(writer, FrameKind.Request, ++this.#id, () => {
        writer.text(FrameField.method, ECHO_PATH);
        writer.number(FrameField.codec, 1);
        writer.number(FrameField.timeoutMs, random.pick([1, 0xffffffff, Number.MAX_SAFE_INTEGER]));
        for (let n = random.below(40); n >= 0; n--)
          writer.bytesField(FrameField.metadata, random.bytes(random.below(600)));
        writer.bytesField(FrameField.payload, Buffer.alloc(0));
      }),
    );
  }

  #totals(): Parts {
    const any = () => this.#random.pick([0, 1, 1_000, Number.MAX_SAFE_INTEGER]);
    return packet((writer: PacketWriter) => frame(writer, FrameKind.Credit, 0), [any(), any()]);
  }
}

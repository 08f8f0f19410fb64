/**
 * Nanoseconds per encode and decode of a 33-byte message: this kit's writer and reader under ts-proto's code, the
 * stock ones under the same code, and protobufjs. Interleaved; the median of the rounds, and its ratio to the stock.
 *
 * `npx tsx bench/micro/codec.ts`, after `npm run generate:test`.
 */
import { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import { decodeMessage } from "../../src/wire/decode-message.js";
import { MessageWriter } from "../../src/wire/message-writer.js";
import { Small } from "../../test/gen/heliograph/test/v1/codec.js";

// A second copy of the generated code, so that each reader and writer has compiled code of its own, as in a program
// that uses only one of them.
const path = "../../test/gen/heliograph/test/v1/codec.js?stock";
const { Small: StockSmall }: { Small: typeof Small } = await import(path);

const ROUNDS = 15;
const TIMES = 200_000;
const SLOTS = 64;

const reflected = protobuf
  .parse('syntax = "proto3"; message Small { string name = 1; int32 count = 2; }')
  .root.lookupType("Small");

interface Sample {
  readonly message: Small;
  readonly theirs: protobuf.Message;
  readonly encoded: Buffer;
}

function samples(textBytes: number): Sample[] {
  return Array.from({ length: SLOTS }, (_, slot) => {
    const text = "the quick brown fox jumps over the lazy dog"
      .repeat(8)
      .slice(slot % 8, (slot % 8) + textBytes);
    const message = { name: text, count: 200 + slot };
    return {
      message,
      theirs: reflected.create(message),
      encoded: Buffer.from(StockSmall.encode(message).finish()),
    };
  });
}

const writer = new MessageWriter();

const encoders: Readonly<Record<string, (sample: Sample) => number>> = {
  stock: ({ message }) => StockSmall.encode(message).finish().length,
  protobufjs: ({ theirs }) => reflected.encode(theirs).finish().length,
  ours: ({ message }) => {
    writer.message(Small, message);
    if (writer.pos > 30_000) writer.take();
    return writer.pos;
  },
};

const decoders: Readonly<Record<string, (sample: Sample) => number>> = {
  stock: ({ encoded }) => StockSmall.decode(encoded).name.length,
  protobufjs: ({ encoded }) => (reflected.decode(encoded) as unknown as Small).name.length,
  ours: ({ encoded }) => decodeMessage(Small, encoded, 0, encoded.length).name.length,
};

function measure(title: string, cases: typeof encoders, inputs: readonly Sample[]): void {
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < TIMES; i++) sum += run(inputs[i % SLOTS]!);
      times.get(name)!.push(Number(process.hrtime.bigint() - start) / TIMES);
    }
  }
  const median = (name: string) => times.get(name)!.sort((a, b) => a - b)[ROUNDS >> 1]!;
  const row = [...times.keys()].map((name) => {
    return `${name} ${median(name).toFixed(0)} ns (${(median("stock") / median(name)).toFixed(1)}x)`;
  });
  console.log(`${title.padEnd(18)} ${row.join("   ")}${sum === 0 ? "!" : ""}`);
}

for (const textBytes of [8, 16, 28, 100]) {
  const inputs = samples(textBytes);
  measure(`encode ${inputs[0]!.encoded.length} bytes`, encoders, inputs);
  measure(`decode ${inputs[0]!.encoded.length} bytes`, decoders, inputs);
}

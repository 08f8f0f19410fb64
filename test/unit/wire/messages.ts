import fc from "fast-check";
import { WellKnown } from "../../gen/heliograph/test/v1/codec.js";
import { CodecService } from "../../gen/heliograph/test/v1/codec_heliograph.js";
import { Everything, type Everything_Nested } from "../../gen/heliograph/test/v1/everything.js";

/** The schema of every message below. */
export const schema = CodecService.$schema;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
);
const bytes = fc.uint8Array({ maxLength: 40 });
const int32 = fc.oneof(fc.integer({ min: -3, max: 200 }), fc.integer());
const uint32 = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 0xffffffff }));
const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 200n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 200n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
// Generated code takes -0 for 0, in a field that has no presence.
const double = fc.double().map((value) => (value === 0 ? 0 : value));
const float = fc.float().map((value) => (value === 0 ? 0 : value));
const colour = fc.constantFrom(0 as const, 1 as const, 2 as const, -1 as const);

const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 5 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

function map<K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V>> {
  return fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => new Map(entries));
}

const { nested } = fc.letrec<{ nested: Everything_Nested }>((tie) => ({
  nested: fc.record({
    name: text,
    number: int64,
    children: fc.oneof(
      { maxDepth: 3 },
      fc.constant<Everything_Nested[]>([]),
      fc.array(tie("nested"), { maxLength: 2 }),
    ),
  }),
}));

const seconds = fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n });
const timestamp = fc.record({ seconds, nanos: fc.integer({ min: 0, max: 999_999_999 }) });

const choice: fc.Arbitrary<Everything["choice"]> = fc.oneof(
  fc.constant(undefined),
  fc.record({ $case: fc.constant("chosenString" as const), value: text }),
  fc.record({ $case: fc.constant("chosenInt64" as const), value: int64 }),
  fc.record({ $case: fc.constant("chosenBytes" as const), value: bytes }),
  fc.record({ $case: fc.constant("chosenNested" as const), value: nested }),
  fc.record({ $case: fc.constant("chosenColour" as const), value: colour }),
  fc.record({ $case: fc.constant("chosenBool" as const), value: fc.boolean() }),
  fc.record({ $case: fc.constant("chosenDouble" as const), value: double }),
);

const fields = {
  aDouble: double,
  aFloat: float,
  anInt32: int32,
  anInt64: int64,
  aUint32: uint32,
  aUint64: uint64,
  aSint32: int32,
  aSint64: int64,
  aFixed32: uint32,
  aFixed64: uint64,
  aSfixed32: int32,
  aSfixed64: int64,
  aBool: fc.boolean(),
  aString: text,
  aBytes: bytes,
  aColour: colour,
  aNested: maybe(nested),
  aTimestamp: maybe(timestamp),
  optionalDouble: maybe(double),
  optionalInt32: maybe(int32),
  optionalInt64: maybe(int64),
  optionalUint64: maybe(uint64),
  optionalBool: maybe(fc.boolean()),
  optionalString: maybe(text),
  optionalBytes: maybe(bytes),
  optionalColour: maybe(colour),
  optionalNested: maybe(nested),
  doubles: list(double),
  floats: list(float),
  int32s: list(int32),
  int64s: list(int64),
  uint32s: list(uint32),
  uint64s: list(uint64),
  sint32s: list(int32),
  sint64s: list(int64),
  fixed32s: list(uint32),
  fixed64s: list(uint64),
  sfixed32s: list(int32),
  sfixed64s: list(int64),
  bools: list(fc.boolean()),
  strings: list(text),
  byteStrings: list(bytes),
  colours: list(colour),
  nesteds: list(nested),
  unpackedInt32s: list(int32),
  stringsByString: map(fc.oneof(text, fc.constantFrom("__proto__", "constructor")), text),
  doublesByInt32: map(int32, double),
  int64sByInt64: map(int64, int64),
  bytesByUint64: map(uint64, bytes),
  coloursByBool: map(fc.boolean(), colour),
  nestedsByString: map(text, nested),
  boolsBySint32: map(int32, fc.boolean()),
  floatsByFixed64: map(uint64, float),
  choice,
};

/** Random messages with any of the fields of every type that proto3 knows. */
export const everything: fc.Arbitrary<Everything> = fc
  .record({ ...fields, anEverything: maybe(fc.record(fields, { requiredKeys: [] })) }, { requiredKeys: [] })
  .map((message) => Everything.fromPartial(message as never));

const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => (item === 0 ? 0 : item)));
});

const duration = fc
  .record({ seconds: fc.bigInt({ min: 0n, max: 315_576_000_000n }), nanos: fc.nat(999_999_999) })
  .chain((time) => fc.constantFrom(time, { seconds: -time.seconds, nanos: 0 - time.nanos }));

/** Random messages of google.protobuf's own types. */
export const wellKnown: fc.Arbitrary<WellKnown> = fc
  .record(
    {
      timestamp,
      duration,
      fieldMask: list(fc.constantFrom("name", "first_name", "address.zip_code")),
      struct: fc
        .dictionary(
          fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
          json,
          { maxKeys: 4 },
        )
        .map((value) => ({ ...value })),
      value: json.filter((value) => value !== null),
      listValue: list(json),
      any: fc.record({ typeUrl: text, value: bytes }),
      empty: fc.constant({}),
      doubleValue: double,
      int64Value: int64,
      uint64Value: uint64,
      int32Value: int32,
      boolValue: fc.boolean(),
      stringValue: text,
      bytesValue: bytes,
      timestamps: list(timestamp),
      durations: list(duration),
      timestampsByName: map(text, timestamp),
      stringsByName: map(text, text),
      values: list(json),
      choice: fc.oneof(
        fc.record({ $case: fc.constant("chosenTimestamp" as const), value: timestamp }),
        fc.record({ $case: fc.constant("chosenString" as const), value: text }),
      ),
    },
    { requiredKeys: [] },
  )
  .map((message) => WellKnown.fromPartial(message as never));

/** Bounded and repeatable: the same messages in every run. */
export const runs = { seed: 20_26, numRuns: 100 } as const;

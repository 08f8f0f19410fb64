/** Words that can't name a constant or a type of a module. */
export const reservedWords: ReadonlySet<string> = words(`
  any arguments await bigint boolean break case catch class const continue debugger default delete do else enum
  eval export extends false finally for function if implements import in infer instanceof interface keyof let
  never new null number object package private protected public readonly return static string super switch
  symbol this throw true try typeof undefined unique unknown var void while with yield`);

/**
 * Names of messages and enums with which ts-proto 2.18 writes modules that don't compile: what its code imports,
 * declares or takes from the language, and its local variables. Found by generating one of each.
 */
export const brokenTypeNames: ReadonlySet<string> = words(`
  Array BigInt BinaryReader BinaryWriter Builtin DeepPartial Exact Exclude KeysOfUnion Map Math MessageFns Number
  Partial ReadonlyArray Uint8Array
  base64FromBytes bytesFromBase64 fromJsonTimestamp fromTimestamp globalThis isObject isSet protobufFileName
  protobufPackage toTimestamp
  acc base end input key length message object_ reader tag undefined_ value writer`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

import type { DescEnum } from "@bufbuild/protobuf";
import type { WireField, WireMessage } from "./schema-fields.js";

/** A message as its writer and its reader have it. */
export interface MessagePair {
  readonly writer: WireMessage;
  readonly reader: WireMessage;
}

/** A field that a reader would misread, and what it is on both sides. */
export interface Misread {
  readonly written: WireField | undefined;
  readonly read: WireField;
  /** What the field is, as in `is string`. */
  readonly writer: string;
  readonly reader: string;
  /** Why that is so, where the two don't say it all. */
  readonly why?: string;
}

/**
 * What the reader of one message would misread of what its writer may send, by the rules of protobuf; not what its
 * fields hold.
 *
 * Fields that only one side has are fine, and so are new names, `int32` for `int64`, `string` read as `bytes`, a message
 * read as `bytes`, one value read as a list, and a list of strings, bytes or messages read as one value.
 */
export function misread({ writer, reader }: MessagePair): Misread[] {
  const found: Misread[] = [];
  const chosen = new Map<string, WireField>();
  const reported = new Set<string>();
  for (const read of reader.fields.values()) {
    const written = writer.fields.get(read.number);
    if (written === undefined) {
      if (read.required) found.push({ written, read, writer: "not there", reader: `required ${read.shown}` });
      continue;
    }
    const wrong = misreadField(written, read);
    if (wrong !== undefined) found.push(wrong);
    if (read.oneof === undefined || reported.has(read.oneof)) continue;
    const other = chosen.get(read.oneof);
    if (other === undefined) chosen.set(read.oneof, written);
    else if (written.oneof === undefined || written.oneof !== other.oneof) {
      reported.add(read.oneof);
      found.push({
        written,
        read,
        writer: `independent of ${other.name} (field ${other.number})`,
        reader: `with it in the oneof ${read.oneof}`,
        why: "one of the two would be lost",
      });
    }
  }
  return found;
}

function misreadField(written: WireField, read: WireField): Misread | undefined {
  const both = { written, read, writer: written.shown, reader: read.shown };
  if (!readable(written, read)) return both;
  if (written.packed && !read.repeated) {
    return { ...both, why: "packed elements can't be read as one value" };
  }
  if (read.required && !written.required) {
    return { ...both, writer: `an optional ${written.shown}`, reader: `a required ${read.shown}` };
  }
  const lacking = lackingNumber(written.enum, read.enum);
  return lacking === undefined
    ? undefined
    : { ...both, why: `the closed enum that reads it lacks ${lacking}` };
}

function readable(written: WireField, read: WireField): boolean {
  if (written.form === read.form) return true;
  return read.form === "bytes" && (written.form === "string" || written.form === "message");
}

const compared = new WeakMap<DescEnum, Map<DescEnum, string | undefined>>();

/** Readers drop numbers that a closed enum lacks; an open one takes them all. */
function lackingNumber(written: DescEnum | undefined, read: DescEnum | undefined): string | undefined {
  if (read === undefined || read.open) return undefined;
  if (written === undefined) return "most numbers";
  const known = compared.get(read) ?? new Map<DescEnum, string | undefined>();
  compared.set(read, known);
  if (known.has(written)) return known.get(written);
  const numbers = new Set(read.values.map(({ number }) => number));
  const lacking = written.values.find(({ number }) => !numbers.has(number));
  const shown = lacking && `${lacking.name} (${lacking.number})`;
  known.set(written, shown);
  return shown;
}

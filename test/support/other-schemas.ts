import { Buffer } from "node:buffer";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { CallService } from "../gen/heliograph/test/v1/call_heliograph.js";

/** CallService, as somebody knows it who has another `.proto`. */
function changed(change: (set: FileDescriptorSet) => void): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(CallService.$schema, "base64"));
  change(set);
  return toBinary(FileDescriptorSetSchema, set);
}

function fieldOfNote({ file }: FileDescriptorSet, wanted: string) {
  const message = file.flatMap(({ messageType }) => messageType).find(({ name }) => name === "Note");
  const field = message?.field.find(({ name }) => name === wanted);
  if (field === undefined) throw new Error(`Note has no ${wanted}`);
  return field;
}

let made = 0;

/** Another hash each time, so that nobody knows what to make of it before it was looked at. */
function unheardOf(set: FileDescriptorSet): void {
  fieldOfNote(set, "number").name = `number_${++made}`;
}

export const same: Uint8Array = Buffer.from(CallService.$schema, "base64");

/** `Note.text` has another name: that is understood. */
export function renamed(): Uint8Array {
  return changed((set) => {
    unheardOf(set);
    fieldOfNote(set, "text").name = "content";
  });
}

/** `Note.text` is an int32: what one side writes is nothing that the other could read. */
export function numbered(): Uint8Array {
  return changed((set) => {
    unheardOf(set);
    fieldOfNote(set, "text").type = 5;
  });
}

/** Where `numbered` differs, as a client is told that calls `Call` of a server that has it. */
export const numberedAt =
  "heliograph.test.v1.CallService/Call: request heliograph.test.v1.Note.text (field 1) is string here and int32 at the server";

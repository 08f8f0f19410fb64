import { Buffer } from "node:buffer";
import { codeName } from "../../core/code.js";
import type { ErrorDetail, HeliographError } from "../../core/error.js";
import type { DynamicTypes } from "../../wire/dynamic-type.js";
import { nameOf } from "../lookup/instance-name.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { jsonText } from "../output/json-text.js";
import { printable } from "../output/printable.js";

/** A typed detail of an error, as JSON where its type is known, else in base64. */
export interface ShownDetail {
  readonly type: string;
  readonly value: unknown;
}

/** How a call has failed, for a program. */
export function failureJson(
  error: HeliographError,
  types: DynamicTypes,
  { node, instance }: KnownInstance,
): object {
  return {
    error: {
      node,
      instance,
      code: codeName(error.code),
      reason: error.reason,
      message: error.rawMessage,
      origin: error.origin,
      notProcessed: error.notProcessed,
      details: error.details.map((detail) => shownDetail(detail, types)),
    },
  };
}

/** The same for people: code and text, then the reason, a line for each detail, and who was called. */
export function failureLines(error: HeliographError, types: DynamicTypes, instance: KnownInstance): string[] {
  return [
    printable(`${codeName(error.code)}: ${error.rawMessage}`),
    ...(error.reason === "" ? [] : [`reason: ${printable(error.reason)}`]),
    ...error.details.map((detail) => {
      const { type, value } = shownDetail(detail, types);
      return `detail: ${printable(type)} ${jsonText(value)}`;
    }),
    `called: ${nameOf(instance)}`,
  ];
}

function shownDetail({ type, value }: ErrorDetail, types: DynamicTypes): ShownDetail {
  try {
    const known = types.of(type);
    return { type, value: known.toJSON(known.decode(value)) };
  } catch {
    return { type, value: Buffer.from(value).toString("base64") };
  }
}

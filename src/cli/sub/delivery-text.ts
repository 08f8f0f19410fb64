import { Buffer } from "node:buffer";
import type { Delivery } from "../../pubsub/subscriber/delivery.js";
import type { Colours } from "../output/colours.js";
import { jsonText } from "../output/json-text.js";
import { printable } from "../output/printable.js";
import { timeOfDay } from "../output/units.js";

/** What all publications have in common, events too. */
export interface AnyDelivery extends Omit<Delivery<unknown>, "message" | "key"> {
  readonly key?: unknown;
  readonly event?: string;
}

/** A publication as JSON shows it. */
export function deliveryJson(delivery: AnyDelivery, content: object): object {
  const { subject, key, sequence, missed, publisher, sentAt, history, metadata, event } = delivery;
  const entries = [...metadata].map(([name, value]) => [
    name,
    typeof value === "string" ? value : Buffer.from(value).toString("base64"),
  ]);
  return {
    ...(event === undefined ? { subject, key } : { event }),
    sequence,
    missed,
    publisher: { node: publisher.node, instance: publisher.instance },
    sentAt: sentAt.toISOString(),
    history,
    ...(entries.length === 0 ? {} : { metadata: Object.fromEntries(entries) }),
    ...content,
  };
}

/** A publication as a line: when it was published, its subject and number, what it says, and what is missing before it. */
export function deliveryLine(
  { subject, sequence, missed, sentAt, history }: AnyDelivery,
  content: unknown,
  colours: Colours,
): string {
  const parts = [
    colours.dim(timeOfDay(sentAt)),
    colours.bold(printable(subject)),
    colours.dim(`#${sequence}`),
    jsonText(content),
    history ? colours.dim("(from before)") : "",
    missed === 0 ? "" : colours.yellow(`(${missed} missed before)`),
  ];
  return parts.filter((part) => part !== "").join("  ");
}

/** A payload without a schema, with bytes in base64: JSON has none. */
export function payloadJson(payload: unknown): unknown {
  if (payload instanceof Uint8Array) return Buffer.from(payload).toString("base64");
  if (Array.isArray(payload)) return payload.map(payloadJson);
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, payloadJson(value)]));
}

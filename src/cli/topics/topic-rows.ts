import type { SubscriberState } from "../../gen/heliograph/pubsub/v1/topic.js";
import { overflowOf } from "../../pubsub/overflow.js";
import { nameOf, shortInstance } from "../lookup/instance-name.js";
import { nameColumns } from "../lookup/instance-rows.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import type { Colours } from "../output/colours.js";
import type { Column } from "../output/table.js";
import { count } from "../output/units.js";
import type { SeenTopic } from "./look-topics.js";

/** A topic of one publisher, with how often it publishes. */
export interface TopicRow extends SeenTopic {
  /** Publications per second between two looks; undefined when there was but one. */
  readonly rate: number | undefined;
}

/** A subscription to a topic of one publisher. */
export interface SubscriberRow {
  readonly publisher: KnownInstance;
  readonly topic: string;
  readonly subscriber: SubscriberState;
}

/** What was seen last, with what has become of it since the look before; by topic, then by publisher. Pure. */
export function topicRows(before: readonly SeenTopic[], now: readonly SeenTopic[]): TopicRow[] {
  const earlier = new Map(before.map((each) => [keyOf(each), each]));
  return now
    .map((each) => ({ ...each, rate: rateSince(earlier.get(keyOf(each)), each) }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The subscriptions of all topics, in their order. */
export function subscriberRows(rows: readonly TopicRow[]): SubscriberRow[] {
  return rows.flatMap(({ instance: publisher, topic: { topic, subscribers } }) =>
    subscribers.map((subscriber) => ({ publisher, topic, subscriber })),
  );
}

/** Lines for the subscriptions that could not be given what they asked for. */
export function refusalLines(rows: readonly TopicRow[]): string[] {
  return rows
    .filter(({ topic: { refused } }) => refused > 0n)
    .map(
      ({ instance, topic: { topic, refused, refusal } }) =>
        `${topic} of ${nameOf(instance)}: refused ${count(Number(refused))} times, the last time: ${refusal}`,
    );
}

/** The columns of `helio topics`. */
export const topicColumns: readonly Column<TopicRow>[] = [
  { title: "TOPIC", cell: ({ topic: { topic } }) => topic },
  ...nameColumns<TopicRow>(({ instance }) => instance),
  { title: "RATE", align: "right", cell: ({ rate }) => (rate === undefined ? "" : rateText(rate)) },
  { title: "PUBLISHED", align: "right", cell: ({ topic: { published } }) => count(Number(published)) },
  { title: "SUBJECTS", align: "right", spare: 1, cell: ({ topic: { subjects } }) => count(subjects) },
  { title: "SUBSCRIBERS", align: "right", cell: ({ topic: { subscribers } }) => count(subscribers.length) },
  { title: "DROPPED", align: "right", cell: ({ topic: { dropped } }) => count(Number(dropped)) },
  { title: "EXPIRED", align: "right", spare: 3, cell: ({ topic: { expired } }) => someText(Number(expired)) },
  { title: "REFUSED", align: "right", spare: 2, cell: ({ topic: { refused } }) => someText(Number(refused)) },
  {
    title: "POLICY",
    spare: 4,
    cell: ({ topic: { offered } }) => (offered === undefined ? "" : overflowOf(offered.overflow)),
  },
  { title: "STATE", cell: ({ topic: { ended } }) => (ended ? "ended" : "") },
];

/** The columns of the list of subscribers. */
export function subscriberColumns(colours: Colours): readonly Column<SubscriberRow>[] {
  const warned = (text: string, much: boolean) => (much ? colours.yellow(text) : text);
  return [
    {
      title: "SUBSCRIBER",
      cell: ({ subscriber: { node, instance } }) => `${node || "?"} (${shortInstance(instance)})`,
    },
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PUBLISHER", spare: 1, cell: ({ publisher }) => nameOf(publisher) },
    { title: "SENT", align: "right", cell: ({ subscriber: { sent } }) => count(Number(sent)) },
    {
      title: "DROPPED",
      align: "right",
      cell: ({ subscriber: { dropped } }) => count(Number(dropped)),
      paint: (text, { subscriber: { dropped } }) => warned(text, dropped > 0n),
    },
    {
      title: "DROPPED THERE",
      align: "right",
      spare: 2,
      cell: ({ subscriber: { droppedThere } }) => count(Number(droppedThere)),
      paint: (text, { subscriber: { droppedThere } }) => warned(text, droppedThere > 0n),
    },
    {
      title: "PENDING",
      align: "right",
      cell: ({ subscriber: { pending, pendingThere } }) => count(pending + pendingThere),
    },
    {
      title: "STATE",
      cell: ({ subscriber: { away } }) => (away ? "away" : ""),
      paint: (text) => colours.yellow(text),
    },
    { title: "SUBJECTS", cell: ({ subscriber: { patterns } }) => patterns.join(", ") || "all" },
  ];
}

/** A topic as JSON shows it. */
export function topicJson({ instance, topic, rate }: TopicRow): object {
  const { offered, refused, refusal, ...rest } = topic;
  return {
    node: instance.node,
    instance: instance.instance,
    ...rest,
    rate: rate ?? null,
    overflow: offered === undefined ? null : overflowOf(offered.overflow),
    buffer: offered?.buffer ?? null,
    history: offered?.history ?? null,
    refused,
    refusal: refused > 0n ? refusal : null,
  };
}

/** `12.5/s`; without a fraction from 100 on. */
export function rateText(rate: number): string {
  const digits = rate > 0 && rate < 99.95 ? 1 : 0;
  return `${count(Number(rate.toFixed(digits)))}/s`;
}

function rateSince(before: SeenTopic | undefined, { topic, atMs }: SeenTopic): number | undefined {
  if (before === undefined || atMs <= before.atMs) return undefined;
  // Whoever published it has begun anew in between.
  const more = Math.max(0, Number(topic.published - before.topic.published));
  return (more * 1_000) / (atMs - before.atMs);
}

function someText(number: number): string {
  return number === 0 ? "" : count(number);
}

function keyOf({ topic, instance }: SeenTopic): string {
  return `${topic.topic} ${instance.node} ${instance.instance}`;
}

import type { Topic } from "../../wire/definition.js";
import { dynamicService } from "../../wire/dynamic-service.js";
import type { DynamicMessage } from "../../wire/dynamic-type.js";
import { Failure } from "../failure.js";
import type { Listing } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import { topicsOf } from "../lookup/target.js";
import { findMethodName } from "./find-method-name.js";
import { parseMethodName } from "./method-name.js";
import { resolveService } from "./reflect.js";
import { kitTopicServices, schemaOf } from "./schema-of.js";
import { meant } from "./service-name.js";
import { findTopicName } from "./topic-name.js";

/** What to do where nobody tells what a topic is. */
const REMEDY =
  "the types of a topic come from a node that publishes it or serves its service: start one, and helio ls topics shows it";

/**
 * Finds the topic that a word stands for, and asks for its types: one that is published, else one of a service that is
 * served, else one of the kit's own.
 *
 * @throws Failure that says what there is, and what to do
 */
export async function reflectTopic(
  wanted: string,
  listing: Listing,
  lookup: Lookup,
): Promise<Topic<DynamicMessage>> {
  const { service: name, topic: member } = resolveTopic(wanted, listing);
  const service = dynamicService(await schemaOf(name, listing, lookup), name);
  const members = Object.values(service).filter((each) => typeof each !== "string");
  const found = findMethodName(
    member,
    members.map((each) => each.name),
  );
  const topic = members.find((each) => each.name === found);
  if (topic?.kind === "topic") return topic as Topic<DynamicMessage>;
  const topics = members.filter(({ kind }) => kind === "topic").map((each) => each.name);
  throw new Failure([
    topic === undefined
      ? `${name} has no topic ${JSON.stringify(member)}${meant(typeof found === "string" ? [] : found.similar)}`
      : `${name}/${topic.name} is ${topic.kind === "action" ? "an action" : topic.kind === "pipeline" ? "a pipeline" : "a method"}, which nobody publishes`,
    topics.length === 0 ? "it has no topics at all" : `its topics are ${topics.join(", ")}`,
  ]);
}

function resolveTopic(
  wanted: string,
  listing: Listing,
): { readonly service: string; readonly topic: string } {
  const own = kitTopicServices.flatMap((service) =>
    Object.values(service).flatMap((each) => (typeof each === "string" ? [] : [each.path])),
  );
  const published = topicsOf(listing.instances);
  const found = findTopicName(wanted, published);
  if (found.kind === "one") return partsOf(found.name);
  if (found.kind === "several")
    throw new Failure(
      `${JSON.stringify(wanted)} may be any of ${found.candidates.join(", ")}; write it in full`,
    );
  const kit = findTopicName(wanted, own);
  if (kit.kind === "one") return partsOf(kit.name);
  const said = `nobody publishes ${JSON.stringify(wanted)}${meant(found.candidates)}`;
  if (!wanted.includes("/"))
    throw new Failure([
      said,
      published.length === 0
        ? "no topic is announced at all; of one that a node only serves, write Service/Topic"
        : `there is ${published.join(", ")}; of one that a node only serves, write Service/Topic`,
    ]);
  const { service, method: topic } = parseMethodName(wanted);
  try {
    return { service: resolveService(service, listing), topic };
  } catch (error) {
    if (error instanceof Failure) throw new Failure([said, ...error.lines, REMEDY]);
    throw error;
  }
}

function partsOf(name: string): { readonly service: string; readonly topic: string } {
  const [service = "", topic = ""] = name.split("/");
  return { service, topic };
}

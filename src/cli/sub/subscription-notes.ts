import type { SubscriptionEvent } from "../../pubsub/subscriber/subscription-types.js";
import type { Peer } from "../../rpc/context.js";
import { shortInstance } from "../lookup/instance-name.js";
import { counted } from "../output/units.js";

/** How a publisher is named on lines. */
export function peerName({ node, instance }: Pick<Peer, "node" | "instance">): string {
  if (node === "") return "the publisher";
  return instance === "" ? node : `${node} (${shortInstance(instance)})`;
}

/** What to tell a user of a thing that happened to a subscription. */
export function subscriptionNote(event: SubscriptionEvent): string {
  switch (event.kind) {
    case "matched":
      return `${peerName(event.publisher)} publishes${event.resumed ? "; the subscription goes on where it was" : ""}`;
    case "lost":
      return `lost ${peerName(event.publisher)}${event.error === undefined ? "" : `: ${event.error.rawMessage}`}`;
    case "incompatible":
      return `${peerName(event.publisher)} can't give what is asked for: ${event.error.rawMessage}`;
    case "missed":
      return `missed ${counted(event.count, "publication")}${subjectText(event.subject)} from ${peerName(event.publisher)}`;
    case "unreadable":
      return `can't read a publication${subjectText(event.subject)} from ${peerName(event.publisher)}: ${event.error.rawMessage}`;
    case "deadline-missed":
      return `nothing in time${subjectText(event.subject)} from ${peerName(event.publisher)}`;
    case "ended":
      return `${peerName(event.publisher)} has ended`;
    case "events-missed":
      return `${counted(event.count, "note")} left out`;
  }
}

function subjectText(subject: string): string {
  return subject === "" ? "" : ` of ${subject}`;
}

import type { HeliographError } from "../../core/error.js";
import { type Offered, Reliability } from "../../gen/heliograph/pubsub/v1/topic.js";
import { overflowOf } from "../overflow.js";
import type { PublisherLink } from "./publisher-link.js";
import type { MatchedPublisher } from "./subscription-types.js";

/** A publisher that was found, and what it has said. */
export interface KnownPublisher {
  readonly link: PublisherLink;
  offered: Offered | undefined;
  /** Why it does not give what is asked for. */
  refusal: HeliographError | undefined;
}

/** The publishers that one subscription knows, by keys of whoever finds them. */
export class KnownPublishers {
  private readonly byKey = new Map<string, KnownPublisher>();

  get(key: string): KnownPublisher | undefined {
    return this.byKey.get(key);
  }

  of(link: PublisherLink): KnownPublisher | undefined {
    for (const known of this.byKey.values()) if (known.link === link) return known;
    return undefined;
  }

  add(key: string, link: PublisherLink): void {
    this.byKey.set(key, { link, offered: undefined, refusal: undefined });
  }

  remove(link: PublisherLink): void {
    for (const [key, known] of this.byKey) if (known.link === link) this.byKey.delete(key);
  }

  links(): PublisherLink[] {
    return [...this.byKey.values()].map(({ link }) => link);
  }

  /** There is at least one, and all have said that nothing more comes. */
  get haveEnded(): boolean {
    return this.byKey.size > 0 && this.links().every(({ hasEnded }) => hasEnded);
  }

  /** Why those that give nothing don't. */
  refusals(): string[] {
    return [...this.byKey.values()].flatMap(({ refusal }) => refusal?.rawMessage ?? []);
  }

  matched(): MatchedPublisher[] {
    const known = [...this.byKey.values()];
    return known.filter(({ link }) => link.isMatched || link.hasEnded).map(matched);
  }
}

function matched({ link, offered }: KnownPublisher): MatchedPublisher {
  return {
    peer: link.peer,
    reliability: offered?.reliability === Reliability.RELIABILITY_RELIABLE ? "reliable" : "best-effort",
    overflow: overflowOf(offered?.overflow ?? 0),
    history: offered?.history ?? 0,
    deadlineMs: offered?.deadlineMs ?? 0,
    ended: link.hasEnded,
  };
}

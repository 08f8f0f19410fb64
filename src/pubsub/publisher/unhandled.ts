import type { Subscriber } from "./subscriber.js";
import type { Published } from "./topic-log.js";

/** Publications of one subject that nobody subscribes to. */
export interface Unhandled {
  readonly subject: string;
  readonly count: number;
}

/**
 * Tells of what was flushed together and wanted by no subscriber.
 *
 * @param failed told what `tell` throws
 */
export function tellUnhandled(
  runs: readonly Published[],
  subscribers: Iterable<Subscriber>,
  tell: (unhandled: Unhandled) => void,
  failed: (error: unknown) => void,
): void {
  for (const unhandled of unhandledOf(runs, subscribers)) {
    try {
      tell(unhandled);
    } catch (error) {
      failed(error);
    }
  }
}

/** How much of each subject none of the subscribers wants. */
function unhandledOf(runs: readonly Published[], subscribers: Iterable<Subscriber>): readonly Unhandled[] {
  const all = [...subscribers];
  const counts = new Map<string, number>();
  for (const { run } of runs) {
    const { subject, ends } = run;
    const known = counts.get(subject);
    if (known === undefined && all.some(({ feed }) => feed.matches(subject))) continue;
    counts.set(subject, (known ?? 0) + ends.length - 1);
  }
  return Array.from(counts, ([subject, count]) => ({ subject, count }));
}

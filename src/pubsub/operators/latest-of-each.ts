import { map } from "./map-filter.js";
import { merge } from "./merge.js";
import { Stepped } from "./stepped.js";

/** What each source of an object gives. */
export type Latest<Sources extends Readonly<Record<string, AsyncIterable<unknown>>>> = {
  readonly [K in keyof Sources]: Sources[K] extends AsyncIterable<infer T> ? T : never;
};

/**
 * The latest value of each source, together, once each has given one and then whenever one gives another: exactly one
 * output for each value that arrives from then on. Ends when all sources have ended.
 *
 * @example for await (const { room, outside } of latestOfEach({ room: indoor, outside: outdoor })) …
 */
export function latestOfEach<const Sources extends Readonly<Record<string, AsyncIterable<unknown>>>>(
  sources: Sources,
): AsyncIterableIterator<Latest<Sources>, undefined> {
  const names = Object.keys(sources);
  const latest = new Map<string, unknown>();
  const named = names.map((name) => map(sources[name]!, (value) => ({ name, value })));
  return new Stepped(merge(...named), async ({ name, value }) => {
    latest.set(name, value);
    return latest.size === names.length ? [Object.fromEntries(latest) as Latest<Sources>] : undefined;
  });
}

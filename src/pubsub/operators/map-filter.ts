import { Stepped } from "./stepped.js";

/** Each value as `fn` makes it, which may take its time; one after the other. Leaving it leaves the source. */
export function map<T, U>(
  source: AsyncIterable<T>,
  fn: (value: T) => U | Promise<U>,
): AsyncIterableIterator<U, undefined> {
  return new Stepped(source, async (value) => [await fn(value)]);
}

/** The values of which `fn` says true. Leaving it leaves the source. */
export function filter<T, U extends T>(
  source: AsyncIterable<T>,
  fn: (value: T) => value is U,
): AsyncIterableIterator<U, undefined>;
export function filter<T>(
  source: AsyncIterable<T>,
  fn: (value: T) => boolean | Promise<boolean>,
): AsyncIterableIterator<T, undefined>;
export function filter<T>(
  source: AsyncIterable<T>,
  fn: (value: T) => boolean | Promise<boolean>,
): AsyncIterableIterator<T, undefined> {
  return new Stepped(source, async (value) => ((await fn(value)) ? [value] : undefined));
}

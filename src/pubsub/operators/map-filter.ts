/** Each value as `fn` makes it, which may take its time; one after the other. Leaving it leaves the source. */
export async function* map<T, U>(
  source: AsyncIterable<T>,
  fn: (value: T) => U | Promise<U>,
): AsyncGenerator<U, undefined> {
  for await (const value of source) yield await fn(value);
}

/** The values of which `fn` says true. Leaving it leaves the source. */
export function filter<T, U extends T>(
  source: AsyncIterable<T>,
  fn: (value: T) => value is U,
): AsyncGenerator<U, undefined>;
export function filter<T>(
  source: AsyncIterable<T>,
  fn: (value: T) => boolean | Promise<boolean>,
): AsyncGenerator<T, undefined>;
export async function* filter<T>(
  source: AsyncIterable<T>,
  fn: (value: T) => boolean | Promise<boolean>,
): AsyncGenerator<T, undefined> {
  for await (const value of source) if (await fn(value)) yield value;
}

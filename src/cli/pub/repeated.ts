/**
 * The first so many values of a source. One that has fewer begins anew with `again`, until there are so many.
 *
 * @param again the source once more; undefined when it can be read only once
 */
export async function* repeated<T>(
  source: AsyncIterable<T>,
  count: number,
  again: (() => AsyncIterable<T>) | undefined,
): AsyncIterable<T> {
  let left = count;
  for (let from: AsyncIterable<T> | undefined = source; from !== undefined; from = again?.()) {
    const before = left;
    for await (const value of from) {
      yield value;
      if (--left === 0) return;
    }
    if (left === before) return;
  }
}

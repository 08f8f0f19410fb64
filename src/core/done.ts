/** What an iterator gives when it has ended. */
export const done: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

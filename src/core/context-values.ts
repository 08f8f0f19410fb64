/** Names one value that interceptors and handlers of a call pass to each other. */
export interface ContextKey<T> {
  readonly id: symbol;
  readonly defaultValue: T;
}

/** @param description shown by debuggers; two keys of one description are still two keys. */
export function createContextKey<T>(description: string, defaultValue: T): ContextKey<T> {
  return { id: Symbol(description), defaultValue };
}

/** Typed values of one call, local to this process. */
export class ContextValues {
  private readonly values = new Map<symbol, unknown>();

  get<T>(key: ContextKey<T>): T {
    // Only `set` of the same key wrote it, with a T.
    return this.values.has(key.id) ? (this.values.get(key.id) as T) : key.defaultValue;
  }

  set<T>(key: ContextKey<T>, value: T): this {
    this.values.set(key.id, value);
    return this;
  }
}

import { Code } from "./code.js";
import { HeliographError } from "./error.js";

const KEY = /^[a-z0-9_.-]+$/;

/** Text, or bytes under a key that ends in `-bin`. */
export type MetadataValue = string | Uint8Array;

/** Whatever `Metadata` can be made from. */
export type MetadataInit =
  | Metadata
  | Iterable<readonly [string, MetadataValue]>
  | Readonly<Record<string, MetadataValue>>;

/**
 * Ordered pairs of key and value that travel beside a call's messages. A key may repeat.
 * Keys are lower case letters, digits, `-`, `_` and `.`; upper case is lowered. A key that ends in `-bin` holds
 * bytes, any other holds text.
 */
export class Metadata implements Iterable<[string, MetadataValue]> {
  private readonly entries: [string, MetadataValue][] = [];

  /** @throws HeliographError INVALID_ARGUMENT, reason BAD_METADATA, naming the key. */
  constructor(init?: MetadataInit) {
    if (init === undefined) return;
    if (typeof init !== "object" || init === null) {
      throw badMetadata(`metadata must be an object or a list of pairs, got ${String(init)}`);
    }
    const pairs =
      Symbol.iterator in init ? (init as Iterable<readonly [string, MetadataValue]>) : Object.entries(init);
    for (const pair of pairs) {
      if (!Array.isArray(pair))
        throw badMetadata(`a pair of key and value must be an array, got ${String(pair)}`);
      this.append(pair[0], pair[1]);
    }
  }

  get size(): number {
    return this.entries.length;
  }

  /** The first value of a key. */
  get(key: string): MetadataValue | undefined {
    const wanted = key.toLowerCase();
    return this.entries.find(([each]) => each === wanted)?.[1];
  }

  /** The first value of a key, when it is text. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === "string" ? value : undefined;
  }

  getAll(key: string): MetadataValue[] {
    const wanted = key.toLowerCase();
    return this.entries.filter(([each]) => each === wanted).map(([, value]) => value);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  append(key: string, value: MetadataValue): this {
    const lower = checkedKey(key);
    const binary = lower.endsWith("-bin");
    if (binary ? !(value instanceof Uint8Array) : typeof value !== "string") {
      throw badMetadata(
        binary
          ? `"${lower}" ends in -bin, so its value must be a Uint8Array`
          : `"${lower}" must have a string as its value; for bytes use a key that ends in -bin`,
      );
    }
    if (typeof value === "string" && !value.isWellFormed()) {
      throw badMetadata(`the value of "${lower}" has a lone surrogate`);
    }
    this.entries.push([lower, value]);
    return this;
  }

  /** Replaces all values of a key. */
  set(key: string, value: MetadataValue): this {
    this.delete(key);
    return this.append(key, value);
  }

  delete(key: string): this {
    const wanted = key.toLowerCase();
    for (let i = this.entries.length - 1; i >= 0; i--) {
      if (this.entries[i]?.[0] === wanted) this.entries.splice(i, 1);
    }
    return this;
  }

  [Symbol.iterator](): Iterator<[string, MetadataValue]> {
    return this.entries[Symbol.iterator]();
  }
}

function checkedKey(key: string): string {
  const lower = String(key).toLowerCase();
  if (!KEY.test(lower)) {
    throw badMetadata(`"${key}" is not a metadata key: use letters, digits, "-", "_" and "."`);
  }
  return lower;
}

function badMetadata(message: string): HeliographError {
  return new HeliographError(Code.InvalidArgument, message, { reason: "BAD_METADATA" });
}

import { compareSchemas, type Incompatibility } from "../../wire/schema-compare.js";
import { hashBytes, schemaHash } from "../../wire/schema-hash.js";
import type { UsedService } from "../transport.js";

/** What keeps a client from calling a service; empty when nothing does. */
export type Verdict = readonly Incompatibility[];

const compatible: Verdict = [];

/** What was found of pairs of schemas, so that each is asked for and compared once. Pure. */
export class SchemaVerdicts {
  readonly #known = new Map<string, Verdict>();
  readonly #most: number;

  /** @param most how many verdicts are kept */
  constructor(most = 1_000) {
    this.#most = most;
  }

  /**
   * The verdict on a server whose schema of this service has the hash `theirs`; undefined when the schema itself is
   * needed for it. A server that tells no hash can't be judged, and passes.
   */
  of(service: UsedService, theirs: string): Verdict | undefined {
    if (theirs === "" || theirs === schemaHash(service.schema)) return compatible;
    return this.#known.get(verdictKey(service, theirs));
  }

  /**
   * Judges by the server's schema. One that is not what its hash says, or can't be read, passes: calls find out what it
   * is worth. Only what the hash vouches for is kept, so that no server can speak for another.
   */
  judge(service: UsedService, theirs: string, descriptorSet: Uint8Array): Verdict {
    if (hashBytes(descriptorSet) !== theirs) return compatible;
    const verdict = compare(service, descriptorSet);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= this.#most) this.#known.delete(oldest);
    this.#known.set(verdictKey(service, theirs), verdict);
    return verdict;
  }
}

function compare({ name, schema, methods }: UsedService, descriptorSet: Uint8Array): Verdict {
  try {
    return compareSchemas(schema, descriptorSet, name, methods);
  } catch {
    return compatible;
  }
}

/** What a verdict is about: a service, and the schemas of both sides. */
export function verdictKey({ name, schema, methods }: UsedService, theirs: string): string {
  return `${name} ${schemaHash(schema)} ${theirs} ${methods?.join() ?? ""}`;
}

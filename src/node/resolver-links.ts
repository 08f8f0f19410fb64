import type { HeliographError } from "../core/error.js";

/** A way to find instances, and whether it can be reached. */
export interface ResolverLink {
  /** As `Resolver.name`. */
  readonly name: string;
  readonly connected: boolean;
  /** Why it is not; empty while it is. */
  readonly error: string;
  /** It is the registry of this machine, and this node serves it. */
  readonly serving: boolean;
}

/** Keeps in mind which ways to find instances are lost, and which of them the node itself serves. */
export class ResolverLinks {
  readonly #names: readonly string[];
  readonly #lost = new Map<string, HeliographError>();
  readonly #served = new Set<string>();

  /** @param names those of the resolvers, in their order */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** As they are now. One of which nothing was heard counts as reached. */
  get all(): ResolverLink[] {
    return this.#names.map((name) => {
      const error = this.#lost.get(name);
      return {
        name,
        connected: error === undefined,
        error: error?.message ?? "",
        serving: this.#served.has(name),
      };
    });
  }

  lost(name: string, error: HeliographError): void {
    this.#lost.set(name, error);
  }

  back(name: string): void {
    this.#lost.delete(name);
  }

  serves(name: string, serving: boolean): void {
    if (serving) this.#served.add(name);
    else this.#served.delete(name);
  }
}

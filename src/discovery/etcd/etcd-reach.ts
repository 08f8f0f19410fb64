import type { HeliographError } from "../../core/error.js";
import type { ResolverHost } from "../../naming/resolver.js";

/** Tells a node that a source can't be reached, and that it can again: once for each change, whoever finds out. */
export class EtcdReach {
  readonly #host: ResolverHost;
  readonly #name: string;
  /** Those who tried last and failed. */
  readonly #failing = new Set<object>();
  #lost = false;

  constructor(host: ResolverHost, name: string) {
    this.#host = host;
    this.#name = name;
  }

  failed(who: object, error: HeliographError): void {
    this.#failing.add(who);
    if (this.#lost) return;
    this.#lost = true;
    this.#host.lost(this.#name, error);
  }

  succeeded(who: object): void {
    this.#failing.delete(who);
    if (!this.#lost || this.#failing.size > 0) return;
    this.#lost = false;
    this.#host.back(this.#name);
  }

  /** It tries no more. */
  ended(who: object): void {
    this.#failing.delete(who);
  }
}

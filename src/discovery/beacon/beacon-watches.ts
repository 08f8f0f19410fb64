import type { HeliographError } from "../../core/error.js";
import type { InstanceInfo } from "../../naming/instance.js";
import type { InstanceListener } from "../../naming/resolver.js";

interface Watch {
  readonly service: string;
  readonly listener: InstanceListener;
  told: readonly InstanceInfo[] | undefined;
  failure: HeliographError | undefined;
}

/** Those who watch one beacon. Each is told when the list of its service is another one than before. */
export class BeaconWatches {
  readonly #watches = new Set<Watch>();

  get size(): number {
    return this.#watches.size;
  }

  add(service: string, listener: InstanceListener): () => void {
    const watch = { service, listener, told: undefined, failure: undefined };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  /**
   * @param complete whether an empty list means that there is nobody, and not that nobody was heard yet
   * @param failure why nobody can be heard now
   */
  tell(
    list: (service: string) => readonly InstanceInfo[],
    complete: boolean,
    failure: HeliographError | undefined,
  ): void {
    for (const watch of [...this.#watches]) {
      // One that was told before may have ended this one.
      if (this.#watches.has(watch)) this.#update(watch, list(watch.service), complete);
      if (this.#watches.has(watch)) this.#fail(watch, failure);
    }
  }

  clear(): void {
    this.#watches.clear();
  }

  #update(watch: Watch, list: readonly InstanceInfo[], complete: boolean): void {
    if (watch.told === undefined ? list.length === 0 && !complete : isSame(watch.told, list)) return;
    watch.told = list;
    watch.listener.update(list);
  }

  #fail(watch: Watch, failure: HeliographError | undefined): void {
    if (watch.failure === failure) return;
    watch.failure = failure;
    if (failure !== undefined) watch.listener.failed(failure);
  }
}

function isSame(one: readonly InstanceInfo[], other: readonly InstanceInfo[]): boolean {
  return one.length === other.length && one.every((info, index) => info === other[index]);
}

import { type Node, watchInstances } from "heliograph";
import type { Seen } from "./protocol.js";

/** One who watches all nodes of a registry. */
export class Observer {
  private readonly alive = new Set<string>();
  private troubles = 0;
  private changed: () => void = () => {};

  constructor(node: Node) {
    void this.follow(node);
  }

  /** Waits until so many live. */
  async see(count: number): Promise<Seen> {
    while (this.alive.size < count) {
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
    return { alive: this.alive.size, troubles: this.troubles };
  }

  private async follow(node: Node): Promise<void> {
    for await (const { kind, instance } of watchInstances(node)) {
      if (kind === "up") this.alive.add(instance.instance);
      else if (kind !== "changed") {
        this.alive.delete(instance.instance);
        this.troubles++;
      }
      this.changed();
    }
  }
}

import { type InstanceEvent, type Node, watchInstances } from "../../../src/index.js";
import { EchoService } from "../../gen/heliograph/test/v1/echo_heliograph.js";
import { until } from "../../support/within.js";
import { steadyMs } from "./steady-time.js";

/** Something that became of an instance. */
export interface LoggedEvent {
  readonly kind: InstanceEvent["kind"];
  readonly instance: string;
  readonly node: string;
  /** On the steady clock. */
  readonly at: number;
}

/** What a node hears of all who serve EchoService, from now until it is closed. */
export class InstanceLog {
  readonly events: LoggedEvent[] = [];
  readonly end: Promise<void>;

  constructor(node: Node) {
    this.end = this.follow(node);
  }

  /** Kinds of what became of one instance since then, in order; loads and versions are no news. */
  kinds(instance: string, since = 0): string[] {
    return this.of(instance, since).map(({ kind }) => kind);
  }

  of(instance: string, since = 0): LoggedEvent[] {
    return this.events.filter(
      (each) => each.instance === instance && each.at >= since && each.kind !== "changed",
    );
  }

  /** When this became of it. */
  async when(
    kind: InstanceEvent["kind"],
    instance: string,
    since: number,
    withinMs = 20_000,
  ): Promise<number> {
    const find = () => this.of(instance, since).find((each) => each.kind === kind);
    await until(withinMs, `${instance} to be ${kind}`, () => find() !== undefined);
    return find()?.at ?? Number.NaN;
  }

  private async follow(node: Node): Promise<void> {
    for await (const { kind, instance } of watchInstances(node, EchoService))
      this.events.push({ kind, instance: instance.instance, node: instance.node, at: steadyMs() });
  }
}

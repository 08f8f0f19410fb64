import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { Announcement } from "../../naming/instance.js";
import type {
  InstanceListener,
  InstanceSource,
  OpenResolver,
  Resolver,
  ResolverHost,
} from "../../naming/resolver.js";
import { DirectoryService } from "./directory-service.js";
import { partFrom } from "./parting.js";

/** One resolver at work. */
interface OpenSource {
  readonly name: string;
  readonly source: OpenResolver;
}

/**
 * All resolvers of one node: makes it known to each, and tells what they know together. Opens them when something is
 * first wanted of them. Closing it ends each watch with one `failed`, CANCELLED.
 */
export class Directory implements InstanceSource {
  private readonly resolvers: readonly Resolver[];
  private readonly host: ResolverHost;
  private readonly services = new Map<string, DirectoryService>();
  private opened: readonly OpenSource[] | undefined;
  private closing: Promise<void> | undefined;
  /** It was warned that nobody can find the node. */
  private unfound = false;

  constructor(resolvers: readonly Resolver[], host: ResolverHost) {
    this.resolvers = resolvers;
    this.host = host;
  }

  /** A service that nobody wants to know of any more is followed for another moment. */
  watch(service: string, listener: InstanceListener): () => void {
    if (this.closing !== undefined) {
      let wanted = true;
      setImmediate(() => {
        if (wanted) listener.failed(closedError());
      });
      return () => {
        wanted = false;
      };
    }
    const followed = this.services.get(service) ?? this.follow(service);
    return followed.listen(listener);
  }

  /**
   * Makes the node known, or what has changed of it, at every resolver that can. Resolves when the first has done so,
   * or when none could for now; they go on trying. Never rejects.
   */
  async announce(announcement: Announcement): Promise<void> {
    if (this.closing !== undefined) return;
    const able = this.sources().filter(({ source }) => source.announce !== undefined);
    const attempts = able.map(async ({ name, source }) => {
      try {
        await source.announce?.(announcement);
      } catch (thrown) {
        if (able.length > 1) this.refused(name, HeliographError.from(thrown));
        throw thrown;
      }
    });
    if (attempts.length === 0) return;
    try {
      await Promise.any(attempts);
      this.found();
    } catch (thrown) {
      const [error] = thrown instanceof AggregateError ? thrown.errors : [thrown];
      // Who leaves is not to be found.
      if (this.closing !== undefined || announcement.condition === "draining") return;
      this.unfound = true;
      this.host.logger.warn({ error }, "others can't find this node yet: it could be announced nowhere");
    }
  }

  /** What is known may be old: those that only look now and then look again soon. */
  recheck(): void {
    for (const { source } of this.opened ?? []) source.recheck?.();
  }

  /** Takes the node away from every resolver. Never rejects, and ends soon, whatever they do. */
  async withdraw(): Promise<void> {
    await Promise.all(
      (this.opened ?? []).map(({ name, source }) =>
        partFrom(name, "withdraw the node", this.host, () => source.withdraw?.()),
      ),
    );
  }

  /** Always ends, whatever the resolvers do; closing twice awaits the first. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** That others have the announcement hides that this one never will; what can't be reached is told by `lost`. */
  private refused(resolver: string, error: HeliographError): void {
    if (error.code !== Code.ResourceExhausted && error.code !== Code.InvalidArgument) return;
    this.host.logger.warn({ error, resolver }, "a resolver does not take what this node announces");
  }

  /** Takes back what was warned of, as loud as it was said. */
  private found(): void {
    if (!this.unfound || this.closing !== undefined) return;
    this.unfound = false;
    this.host.logger.warn({}, "others can find this node now");
  }

  private sources(): readonly OpenSource[] {
    this.opened ??= this.resolvers.map((resolver) => {
      let announces = false;
      const source = resolver.open({
        ...this.host,
        back: (name) => {
          this.host.back(name);
          // It has taken the announcement, too, or would still count as lost.
          if (announces) this.found();
        },
      });
      announces = source.announce !== undefined;
      return { name: resolver.name, source };
    });
    return this.opened;
  }

  private follow(service: string): DirectoryService {
    const { clock, logger, host } = this.host;
    const followed = new DirectoryService(service, {
      sources: this.sources(),
      here: { host, processId: process.pid },
      clock,
      logger,
      ended: () => {
        this.services.delete(service);
        followed.stop();
      },
    });
    this.services.set(service, followed);
    return followed;
  }

  private async shutDown(): Promise<void> {
    const error = closedError();
    for (const service of this.services.values()) service.close(error);
    this.services.clear();
    await Promise.all(
      (this.opened ?? []).map(({ name, source }) => partFrom(name, "close", this.host, () => source.close())),
    );
  }
}

function closedError(): HeliographError {
  return new HeliographError(Code.Cancelled, "the node was closed", { reason: "CONNECTION_CLOSED" });
}

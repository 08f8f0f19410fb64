import type { HeliographError } from "../../core/error.js";
import type { UsedService } from "../transport.js";
import type { CheckedServer } from "./schema-check.js";

/** Why calls of a service are not sent to a server; `undecided` while it is being found out whether they may be. */
export type Withheld = HeliographError | "undecided";

/** See `SchemaCheck.judge`. */
export type Judge = (
  service: UsedService,
  session: CheckedServer,
) => HeliographError | undefined | Promise<HeliographError | undefined>;

interface Use {
  readonly service: UsedService;
  withheld: Withheld | undefined;
}

/**
 * The services that a connection is used for, and what keeps their calls from the server at its other end. Clients of
 * one service that were made of different schemas are judged each by its own.
 */
export class UsedServices {
  private readonly judge: Judge;
  private readonly decided: () => void;
  private readonly uses = new Map<string, Use[]>();
  /** How many of them are withheld; as a rule none. */
  held = 0;
  private session: CheckedServer | undefined;

  /** @param decided called for each service that was undecided and no longer is */
  constructor(judge: Judge, decided: () => void) {
    this.judge = judge;
    this.decided = decided;
  }

  /** A client is made of this service. */
  add(service: UsedService): void {
    const uses = this.uses.get(service.name);
    if (uses?.some((use) => use.service.schema === service.schema)) return;
    const use: Use = { service, withheld: undefined };
    if (uses === undefined) this.uses.set(service.name, [use]);
    else uses.push(use);
    if (this.session !== undefined) this.ask([use], this.session);
  }

  /** Goes by the server of this session from now on. Without one nothing is withheld: who answers next may be another. */
  follow(session: CheckedServer | undefined): void {
    this.session = session;
    const uses = [...this.uses.values()].flat();
    if (session !== undefined) this.ask(uses, session);
    else for (const use of uses) this.set(use, undefined);
  }

  /** More is known of what the server serves by these names. */
  lookAgain(names: readonly string[]): void {
    const uses = names.flatMap((name) => this.uses.get(name) ?? []);
    if (this.session === undefined || uses.length === 0) return;
    this.ask(uses, this.session);
    this.decided();
  }

  /** Undefined when calls may be sent. */
  withheld(name: string, schema: string): Withheld | undefined {
    return this.uses.get(name)?.find((use) => use.service.schema === schema)?.withheld;
  }

  private ask(uses: readonly Use[], session: CheckedServer): void {
    // All of them first: to ask for one is a call, and takes along what may be sent.
    for (const use of uses) this.set(use, "undecided");
    for (const use of uses) {
      const verdict = this.judge(use.service, session);
      if (!(verdict instanceof Promise)) {
        this.set(use, verdict);
        continue;
      }
      void verdict.then((error) => {
        if (session !== this.session) return;
        this.set(use, error);
        this.decided();
      });
    }
  }

  private set(use: Use, withheld: Withheld | undefined): void {
    this.held += Number(withheld !== undefined) - Number(use.withheld !== undefined);
    use.withheld = withheld;
  }
}
